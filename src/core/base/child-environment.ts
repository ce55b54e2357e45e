/** Names such as `HF_TOKEN`, `OPENAI_API_KEY` or `AWS_SECRET_ACCESS_KEY`. */
const secretName = /(^|_)(TOKEN|KEY|SECRET|PASSWORD)(_|$)/i;

/**
 * The environment for a child process that gets its orders in messages: everything but secrets and the variables of our
 * own flags. The child runs native code on files from the internet, and its environment can be read in crash reports.
 */
export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isPassedOn = ([name]: [string, string | undefined]): boolean =>
    !name.startsWith('CHATSTREAM_') && !secretName.test(name);
  return Object.fromEntries(Object.entries(environment).filter(isPassedOn));
}
