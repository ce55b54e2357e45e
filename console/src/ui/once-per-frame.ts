export interface Frame {
  /** Draws with the next picture that the screen shows. */
  request(): void;
  /** Draws at once, and not a second time for what was requested. */
  now(): void;
}

/** For what may change more often than the screen shows it. */
export function oncePerFrame(draw: () => void): Frame {
  let frame: number | undefined;
  return {
    request() {
      frame ??= requestAnimationFrame(() => {
        frame = undefined;
        draw();
      });
    },
    now() {
      if (frame !== undefined) cancelAnimationFrame(frame);
      frame = undefined;
      draw();
    },
  };
}
