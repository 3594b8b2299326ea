/** The variables of the deployment: Worker variables and secrets, or the Lambda's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `env.NAME` is accepted here. When the variable is not set, reading the configuration fails and names it. */
export type FromEnvironment = string | undefined;
