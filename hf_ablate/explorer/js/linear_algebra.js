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
 *
 * Four rows and two columns are computed together: each number that is read then serves several products, which takes a
 * fifth of the time of one inner product after the other.
 * @param {Float64Array} triangle the lower triangle of the matrix; then that of the factor
 * @param {number} size rows of the matrix
 * @returns {Generator<number>} yields the share that is done
 */
function* choleskyRows(triangle, size) {
  const inFours = size - (size % 4);
  for (let row = 0; row < inFours; row += 4) {
    for (let column = 0; column < row; column += 2) factoriseTile(triangle, row, column);
    for (let own = row; own < row + 4; own++) factoriseRow(triangle, own, row);
    yield (row / size) ** 3;
  }
  for (let row = inFours; row < size; row++) factoriseRow(triangle, row, 0);
}

/**
 * The factor at one row, from a column on.
 * @param {Float64Array} triangle its rows before this one, and this one up to the column, are those of the factor
 * @param {number} row
 * @param {number} from
 */
function factoriseRow(triangle, row, from) {
  const own = startOfRow(row);
  for (let column = from; column <= row; column++) {
    const other = startOfRow(column);
    const left = triangle[own + column] - dot(triangle, own, triangle, other, column);
    triangle[own + column] = column < row ? left / triangle[other + column] : Math.sqrt(left);
  }
}

/**
 * The factor at four rows and two columns, left of the diagonal.
 * @param {Float64Array} triangle its rows up to the second column, and these four up to the first, are the factor's
 * @param {number} row the first of the rows
 * @param {number} column the first of the columns
 */
function factoriseTile(triangle, row, column) {
  const first = startOfRow(column);
  const second = startOfRow(column + 1);
  const a = startOfRow(row);
  const b = startOfRow(row + 1);
  const c = startOfRow(row + 2);
  const d = startOfRow(row + 3);
  let a1 = 0, a2 = 0, b1 = 0, b2 = 0, c1 = 0, c2 = 0, d1 = 0, d2 = 0;
  // Nothing is unpacked or called in here: that takes longer than the products.
  for (let index = 0; index < column; index++) {
    const one = triangle[first + index];
    const two = triangle[second + index];
    const ofA = triangle[a + index];
    const ofB = triangle[b + index];
    const ofC = triangle[c + index];
    const ofD = triangle[d + index];
    a1 += one * ofA;
    a2 += two * ofA;
    b1 += one * ofB;
    b2 += two * ofB;
    c1 += one * ofC;
    c2 += two * ofC;
    d1 += one * ofD;
    d2 += two * ofD;
  }
  finishRow(triangle, a + column, first + column, second + column, a1, a2);
  finishRow(triangle, b + column, first + column, second + column, b1, b2);
  finishRow(triangle, c + column, first + column, second + column, c1, c2);
  finishRow(triangle, d + column, first + column, second + column, d1, d2);
}

/**
 * The two numbers of a row in a tile, from the inner products of what is left of them.
 * @param {Float64Array} triangle
 * @param {number} at of the first of them
 * @param {number} first of the diagonal in the first column
 * @param {number} second of the number left of the diagonal in the second column
 * @param {number} sum1 inner product for the first
 * @param {number} sum2 inner product for the second
 */
function finishRow(triangle, at, first, second, sum1, sum2) {
  triangle[at] = (triangle[at] - sum1) / triangle[first];
  triangle[at + 1] = (triangle[at + 1] - sum2 - triangle[second] * triangle[at]) / triangle[second + 1];
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
