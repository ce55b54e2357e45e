/**
 * Names of variables that usually hold credentials: GITHUB_TOKEN, OPENAI_API_KEY, AWS_SECRET_ACCESS_KEY, PGPASSWORD.
 * Paths and sockets of agents, such as SSH_AUTH_SOCK, are not among them.
 */
const secretName = /(?:^|_)(?:TOKEN|KEY|APIKEY|SECRET|PASS|CREDENTIALS?|[A-Z]+_PWD)(?:_|$)|PASSWORD/i;

/**
 * The environment for a program that we start, without credentials that it does not need.
 *
 * @param needed whether the program needs a variable although its name looks like that of a secret
 */
export function environmentWithoutSecrets(
  environment: NodeJS.ProcessEnv,
  needed: (name: string) => boolean = () => false,
): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secretName.test(name) || needed(name)));
}
