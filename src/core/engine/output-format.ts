/** A function that a model may call. */
export interface Tool {
  readonly name: string;
  /** The JSON schema of its arguments; undefined for a function without any. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Whether a schema that a grammar cannot enforce is an error. If not, the arguments may then be any JSON object. */
  readonly isStrict: boolean;
  /** The parameter of the request that has the schema, which errors name; without it, that of a chat. */
  readonly param?: string;
}

/** Which tools a model may call, and whether it must. */
export interface CallDemand {
  readonly tools: readonly Tool[];
  readonly isRequired: boolean;
  /** Whether one answer may have more than one call; null if the request leaves it open. */
  readonly isParallel: boolean | null;
}

/** The format that a grammar imposes on the output. */
export type OutputFormat = { readonly type: 'text' } | ConstrainedFormat;

export type ConstrainedFormat = FormatOrigin &
  (
    | { readonly type: 'json_object' }
    | { readonly type: 'json_schema'; readonly schema: Readonly<Record<string, unknown>> }
    /** One of these texts. */
    | { readonly type: 'choice'; readonly choices: readonly string[] }
    /** The whole output matches a regular expression. */
    | { readonly type: 'regex'; readonly regex: string }
    /** A grammar in llama.cpp's notation, GBNF. */
    | { readonly type: 'grammar'; readonly grammar: string }
    /**
     * Calls of tools in the way in which the model writes them. Where none is required, an answer in another format will
     * do.
     */
    | { readonly type: 'calls'; readonly demand: CallDemand; readonly otherwise: AnswerFormat }
    /**
     * The result of `compileFormat` for another format, in GBNF. It is followed as it is, without being checked again.
     */
    | { readonly type: 'compiled'; readonly gbnf: string }
  );

interface FormatOrigin {
  /** The parameter that asked for the format, which errors name; `response_format` if left out. */
  readonly param?: string | undefined;
}

/** The format of an answer that is not a call. */
export type AnswerFormat = Exclude<OutputFormat, { type: 'calls' }>;
