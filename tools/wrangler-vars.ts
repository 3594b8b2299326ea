/**
 * Reads the plain variables of wrangler.toml. With `--no-demo`, the local runner uses them as the deployed Worker does.
 * Only `NAME = "text"` is supported.
 */
export function wranglerVars(toml: string): Record<string, string> {
  const section = toml.split(/^(?=\[)/m).find((part) => part.startsWith('[vars]')) ?? '';
  const variables: Record<string, string> = {};
  for (const [, name, text] of section.matchAll(/^(\w+)\s*=\s*("(?:[^"\\]|\\.)*")/gm)) {
    // A basic string in TOML is one in JSON, except for escapes that URLs do not contain.
    variables[name as string] = JSON.parse(text as string) as string;
  }
  return variables;
}
