/** Statuses whose replies have no body, whatever their headers say (RFC 9110, sections 15.2.2, 15.3.5, 15.3.6 and 15.4.5). */
export const bodiless: ReadonlySet<number> = new Set([101, 204, 205, 304]);
