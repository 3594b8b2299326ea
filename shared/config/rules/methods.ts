/** The methods of a route, with HEAD where there is GET (RFC 9110, section 9.3.2); `null` or `undefined`: any method. */
export const coveredBy = <None extends null | undefined>(
  methods: readonly string[] | None,
): readonly string[] | None => (methods?.includes('GET') ? [...methods, 'HEAD'] : methods);
