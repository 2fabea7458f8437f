// Linear algebra on typed arrays. Matrices are in rows, one after the other; lower triangles too, without their zeros.

/** How long work may keep the page from reacting, in milliseconds. */
const LONGEST_SLICE = 30;

/**
 * @param {number} row
 * @returns {number} where the row of a lower triangle starts: row 0 has 1 number, row 1 has 2, …
 */
function startOfRow(row) {
  return (row * (row + 1)) / 2;
}

/**
 * The inner product of two runs of numbers.
 * @param {Float64Array} first
 * @param {number} at where it starts in `first`
 * @param {Float64Array} second
 * @param {number} from where it starts in `second`
 * @param {number} count how many numbers
 * @returns {number}
 */
function dot(first, at, second, from, count) {
  let [a, b, c, d] = [0, 0, 0, 0];
  let index = 0;
  for (; index + 3 < count; index += 4) {
    a += first[at + index] * second[from + index];
    b += first[at + index + 1] * second[from + index + 1];
    c += first[at + index + 2] * second[from + index + 2];
    d += first[at + index + 3] * second[from + index + 3];
  }
  for (; index < count; index++) a += first[at + index] * second[from + index];
  return a + b + (c + d);
}

/**
 * The Cholesky factor of a symmetric, positive definite matrix, in its place, a few rows at a time.
 * @param {Float64Array} triangle the lower triangle of the matrix; then that of the factor
 * @param {number} size rows of the matrix
 * @returns {Generator<number>} yields the share that is done after each row
 */
function* choleskyRows(triangle, size) {
  for (let row = 0; row < size; row++) {
    const own = startOfRow(row);
    for (let column = 0; column <= row; column++) {
      const other = startOfRow(column);
      const left = triangle[own + column] - dot(triangle, own, triangle, other, column);
      triangle[own + column] = column < row ? left / triangle[other + column] : Math.sqrt(left);
    }
    yield ((row + 1) / size) ** 3;
  }
}

/**
 * Does work that yields the share of it that is done, and lets the page react in between.
 * @param {Generator<number>} work
 * @param {(share: number) => void} onProgress called with the share between slices
 */
async function inSlices(work, onProgress) {
  let start = performance.now();
  for (const share of work) {
    if (performance.now() - start < LONGEST_SLICE) continue;
    onProgress(share);
    await new Promise((resolve) => setTimeout(resolve));
    start = performance.now();
  }
}

/**
 * The Cholesky factor of a small matrix.
 * @param {Float64Array} matrix [size, size], symmetric and positive definite
 * @param {number} size
 * @returns {Float64Array} its lower triangle
 */
function cholesky(matrix, size) {
  const triangle = new Float64Array(startOfRow(size));
  for (let row = 0; row < size; row++) {
    triangle.set(matrix.subarray(row * size, row * size + row + 1), startOfRow(row));
  }
  for (const _ of choleskyRows(triangle, size));
  return triangle;
}

/**
 * Solves L x = y for a lower triangle L, in the place of y.
 * @param {Float64Array} triangle
 * @param {Float64Array} values y, then x
 */
function solveForward(triangle, values) {
  for (let row = 0; row < values.length; row++) {
    const own = startOfRow(row);
    values[row] = (values[row] - dot(triangle, own, values, 0, row)) / triangle[own + row];
  }
}

/**
 * Solves Lᵀ x = y for a lower triangle L, in the place of y.
 * @param {Float64Array} triangle
 * @param {Float64Array} values y, then x
 */
function solveBackward(triangle, values) {
  for (let row = values.length - 1; row >= 0; row--) {
    const own = startOfRow(row);
    const value = (values[row] /= triangle[own + row]);
    for (let column = 0; column < row; column++) values[column] -= triangle[own + column] * value;
  }
}

/**
 * The inverse of a small matrix.
 * @param {Float64Array} matrix [size, size], symmetric and positive definite
 * @param {number} size
 * @returns {Float64Array} [size, size]
 */
function inverted(matrix, size) {
  const triangle = cholesky(matrix, size);
  const inverse = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const column = inverse.subarray(row * size, (row + 1) * size);
    column[row] = 1;
    solveForward(triangle, column);
    solveBackward(triangle, column);
  }
  return inverse;
}

/**
 * @param {Float64Array} first
 * @param {Float64Array} rows [rows, length of `first`]
 * @param {number} row
 * @returns {number} the squared distance of `first` from a row
 */
function squaredDistance(first, rows, row) {
  const start = row * first.length;
  let sum = 0;
  for (let index = 0; index < first.length; index++) sum += (first[index] - rows[start + index]) ** 2;
  return sum;
}

/**
 * The squared-exponential kernel between a mixture and others, `alike` in Python.
 * @param {Float64Array} roots [units], square roots of weights
 * @param {Float64Array} others [others, units], likewise
 * @param {number} length the distance at which the kernel has fallen to 0.61
 * @returns {Float64Array} [others], 1 for equal mixtures
 */
function alike(roots, others, length) {
  const found = new Float64Array(others.length / roots.length);
  for (let row = 0; row < found.length; row++) {
    found[row] = Math.exp(-squaredDistance(roots, others, row) / (2 * length ** 2));
  }
  return found;
}
