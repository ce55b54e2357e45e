import { type Static, Type } from 'typebox';

const limit = (description: string, minimum = 1): ReturnType<typeof Type.Integer> =>
  Type.Integer({ minimum, description });

const limits = Type.Object(
  {
    running: Type.Optional(limit('Most generations at once.')),
    waiting: Type.Optional(limit('Most requests that wait at once.', 0)),
    'requests-per-minute': Type.Optional(limit('Most requests in a minute.')),
    'tokens-per-minute': Type.Optional(limit('Most uncached prompt tokens and output tokens in a minute.')),
    'tokens-per-day': Type.Optional(limit('The same in a day.')),
  },
  { additionalProperties: false },
);

const trafficClass = Type.Optional(Type.Enum(['interactive', 'standard', 'batch'], { default: 'standard' }));

const role = Type.Optional(Type.Enum(['user', 'observer', 'admin'], { default: 'user' }));

const models = Type.Optional(
  Type.Array(Type.String({ minLength: 1 }), {
    minItems: 1,
    description: 'Names of models that may be asked for. Without it, all may.',
  }),
);

const share = Type.Optional(
  Type.Number({ minimum: 0.01, maximum: 100, default: 1, description: 'Service in proportion to other keys.' }),
);

const reserve = limit('Slots that no other request gets, even while they are free.');

const key = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$',
      patternErrorMessage: 'must be up to 64 letters, digits and _ . @ -, with a letter or a digit first',
      description: 'What logs, metrics and /v1/queue call it.',
    }),
    sha256: Type.String({
      pattern: '^[0-9A-Fa-f]{64}$',
      patternErrorMessage: 'must be 64 digits from 0 to f, as "chatstream keys new" prints them',
      description: 'SHA-256 of the key, in hexadecimal.',
    }),
    class: trafficClass,
    share,
    reserve: Type.Optional(reserve),
    role,
    models,
    limits: Type.Optional(limits),
    'user-header': Type.Optional(
      Type.String({
        pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$",
        patternErrorMessage: 'must be the name of a header, such as X-OpenWebUI-User-Id',
        description: 'Header that names the user of a request. Limits and share are those of each user.',
      }),
    ),
  },
  { additionalProperties: false },
);

const anonymous = Type.Object(
  { class: trafficClass, share, role, models, limits: Type.Optional(limits) },
  {
    additionalProperties: false,
    description: 'What requests without a key may do. Limits and share are those of each address.',
  },
);

const classSettings = Type.Optional(Type.Object({ reserve }, { additionalProperties: false }));

const classes = Type.Object(
  { interactive: classSettings, standard: classSettings, batch: classSettings },
  {
    additionalProperties: false,
    description: 'Slots for requests of a class from keys without their own reserve.',
  },
);

const flagValue = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);

/** What a configuration file may contain. Names of flags are checked by the command, which knows them. */
export const configSchema = Type.Object(
  {
    keys: Type.Optional(Type.Array(key, { description: 'Who may send requests. Without keys, everyone may.' })),
    anonymous: Type.Optional(anonymous),
    classes: Type.Optional(classes),
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of chatstream serve',
    description:
      'Any flag of chatstream serve without its dashes, keys, and what is said about requests without a key and about classes.',
    additionalProperties: Type.Union([flagValue, Type.Array(flagValue)]),
  },
);

export type WireKey = Static<typeof key>;

export type WireAnonymous = Static<typeof anonymous>;

export type WireClasses = Static<typeof classes>;
