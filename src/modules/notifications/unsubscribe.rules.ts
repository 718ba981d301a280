/** As its owner knows it again, and nobody else learns it: `a•••@example.com`. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  if (at > 0) return `${[...address][0] ?? ''}•••${address.slice(at)}`;
  return `•••${[...address].slice(-2).join('')}`;
}
