// Columns as people name them: 0 → A, 25 → Z, 26 → AA.

export function letters(column) {
  let text = '';
  for (let left = column + 1; left > 0; left = Math.floor((left - 1) / 26)) {
    text = String.fromCharCode(65 + ((left - 1) % 26)) + text;
  }
  return text;
}
