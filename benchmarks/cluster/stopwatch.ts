/** The processor's time that an operation took: the machine may be busy with something else. */
export class Stopwatch {
  operations = 0;
  totalMs = 0;
  longestMs = 0;

  time(operations: number, run: () => void): void {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000;
    this.operations += operations;
    this.totalMs += ms;
    this.longestMs = Math.max(this.longestMs, ms);
  }

  get microsEach(): number {
    return (this.totalMs * 1000) / this.operations;
  }

  get perSecond(): number {
    return (this.operations / this.totalMs) * 1000;
  }
}
