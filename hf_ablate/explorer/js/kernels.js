// Kernels of Gaussian processes, as scikit-learn has them.

/**
 * The Matérn 5/2 kernel.
 * @param {number} distance in length scales
 * @returns {number} 1 at distance 0
 */
function matern(distance) {
  const scaled = Math.sqrt(5) * distance;
  return (1 + scaled + scaled ** 2 / 3) * Math.exp(-scaled);
}

/**
 * The lower triangle of a kernel's matrix between all pairs of points, a row at a time.
 * @param {Float64Array} triangle to be filled
 * @param {number} size how many points
 * @param {(row: number, column: number) => number} kernel
 * @param {number} jitter what is added to the diagonal
 * @returns {Generator<number>} yields the share that is done
 */
function* kernelRows(triangle, size, kernel, jitter) {
  for (let row = 0; row < size; row++) {
    const start = startOfRow(row);
    for (let column = 0; column <= row; column++) triangle[start + column] = kernel(row, column);
    triangle[start + row] += jitter;
    yield (row / size) ** 2;
  }
}
