import { ChatstreamError } from '../../base/errors.js';
import type { GpuChoice } from '../../engine/options.js';

/** Variables of the environment that leave an engine process one GPU. */
export type DeviceVariables = Readonly<Record<string, string>>;

/**
 * The variables that the backends of llama.cpp read. CUDA's driver hides all other GPUs from the process; llama.cpp's
 * Vulkan backend skips them. `auto` may find either of them. There is only one device with Metal.
 */
const variablesOfBackends = {
  cuda: ['CUDA_VISIBLE_DEVICES'],
  vulkan: ['GGML_VK_VISIBLE_DEVICES'],
  auto: ['CUDA_VISIBLE_DEVICES', 'GGML_VK_VISIBLE_DEVICES'],
  metal: [],
  off: [],
} as const satisfies Record<GpuChoice, readonly string[]>;

/**
 * The environments of engines with a GPU each.
 *
 * @param devices numbers, separated by commas. Where the variable is set already, they count the devices that it names.
 * @throws ChatstreamError `usage` for an invalid list, and if devices cannot be chosen
 */
export function deviceVariables(
  devices: string,
  gpu: GpuChoice,
  environment: Readonly<Record<string, string | undefined>>,
): readonly DeviceVariables[] {
  const names = variablesOfBackends[gpu];
  if (names.length === 0) {
    throw new ChatstreamError('usage', `--devices cannot be used with --gpu ${gpu}.`, {
      hint: gpu === 'off' ? 'Use --replicas for several engines on the CPU.' : 'There is only one device with Metal.',
    });
  }
  return numbersIn(devices).map((device) =>
    Object.fromEntries(names.map((name) => [name, visibleDevice(device, name, environment[name])])),
  );
}

function numbersIn(devices: string): readonly number[] {
  const numbers = devices.split(',').map((text) => text.trim());
  const wrong = numbers.find((text) => !/^\d{1,3}$/.test(text));
  if (wrong !== undefined) {
    throw new ChatstreamError(
      'usage',
      `--devices ${devices}: ${wrong === '' ? 'a number is missing' : `${wrong} is not a number`}.`,
      {
        hint: 'Give the numbers of the devices, such as 0,1.',
      },
    );
  }
  if (new Set(numbers.map(Number)).size < numbers.length) {
    throw new ChatstreamError('usage', `--devices ${devices} names a device twice.`, {
      hint: 'For several engines on one device, use --replicas.',
    });
  }
  return numbers.map(Number);
}

/** Programs that share out GPUs set the variable for us, and we may not use devices that it does not name. */
function visibleDevice(device: number, name: string, value: string | undefined): string {
  if (value === undefined || value.trim() === '') return String(device);
  const visible = value.split(',').map((each) => each.trim());
  const chosen = visible[device];
  if (chosen !== undefined) return chosen;
  throw new ChatstreamError(
    'usage',
    `--devices names device ${device}, but ${name}=${value} leaves ${visible.length}.`,
    {
      hint: 'The numbers of --devices count the devices in that variable, from 0.',
    },
  );
}
