// The blocks of data in the page, and their columns. docs/report-format.md describes both.

/** The value of a block. A packed one is base64 of gzip of JSON. */
export async function readBlock(element) {
  if (element.type === 'application/json') return JSON.parse(element.textContent);
  const bytes = Uint8Array.from(atob(element.textContent), (digit) => digit.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(unpacked).text());
}

/** The numbers of a column. What is above 2^53 stays text, which shows the same. */
export function unpackColumn(values, hasDifferences) {
  if (!hasDifferences) return values;
  const numbers = new Float64Array(values.length);
  let last = 0;
  for (let row = 0; row < values.length; row++) {
    last += values[row];
    numbers[row] = last;
  }
  return numbers;
}

/** The rows of a sparse column that have a value, and their values. */
export function unpackSparse({ rows, values }) {
  const byRow = new Map();
  let row = 0;
  rows.forEach((step, at) => {
    row += step;
    byRow.set(row, values[at]);
  });
  return byRow;
}

/** `0x29b379`, of a number or of a number as text. */
export function logonIdText(value) {
  return `0x${BigInt(value).toString(16)}`;
}
