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
 * @param {(row: number, found: Float64Array) => void} fill puts a point's kernel with the first points into `found`
 * @param {number} jitter what is added to the diagonal
 * @returns {Generator<number>} yields the share that is done
 */
function* kernelRows(triangle, size, fill, jitter) {
  for (let row = 0; row < size; row++) {
    const start = startOfRow(row);
    fill(row, triangle.subarray(start, start + row + 1));
    triangle[start + row] += jitter;
    yield (row / size) ** 2;
  }
}
