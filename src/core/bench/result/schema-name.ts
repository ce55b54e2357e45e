/** Names the format of result files; a later one that old readers would misread gets another number. */
export const resultSchemaName = 'chatstream.bench/v1';
