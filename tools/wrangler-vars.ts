/**
 * The plain variables of wrangler.toml, for the local runner: with `--no-demo` they are what the configuration reads,
 * as they will be where it is deployed. Only `NAME = "text"` is understood, which is all that a variable needs.
 */
export function wranglerVars(toml: string): Record<string, string> {
  const section = toml.split(/^(?=\[)/m).find((part) => part.startsWith('[vars]')) ?? '';
  const variables: Record<string, string> = {};
  for (const [, name, text] of section.matchAll(/^(\w+)\s*=\s*("(?:[^"\\]|\\.)*")/gm)) {
    // A basic string of TOML is one of JSON, but for escapes that no URL has.
    variables[name as string] = JSON.parse(text as string) as string;
  }
  return variables;
}
