/** The methods a route is for, `null` or `undefined` where it is for any: whoever may GET may HEAD (RFC 9110, section 9.3.2). */
export const coveredBy = <None extends null | undefined>(
  methods: readonly string[] | None,
): readonly string[] | None => (methods?.includes('GET') ? [...methods, 'HEAD'] : methods);
