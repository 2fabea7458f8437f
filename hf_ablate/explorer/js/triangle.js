/** The geometry of a triangle between whose corners mixtures lie. */

const AROUND = 64; // pixels around it, for names and for mixtures that are drawn beside a corner

/** @returns {number[][]} its corners in a drawing: left, right, top */
function triangleIn({ width, height }) {
  const length = Math.min(width - 2 * AROUND, (height - 2 * AROUND) / Math.sin(Math.PI / 3));
  const bottom = (height + length * Math.sin(Math.PI / 3)) / 2;
  const left = (width - length) / 2;
  return [
    [left, bottom],
    [left + length, bottom],
    [left + length / 2, bottom - length * Math.sin(Math.PI / 3)],
  ];
}

/** @returns {number[]} the place of three shares, which sum to 1 */
function placeIn(triangle, shares) {
  return [0, 1].map((axis) => d3.sum(triangle, (corner, position) => shares[position] * corner[axis]));
}

/**
 * @param {number[][]} parts - the units of each corner
 * @returns {{share: number, x: number, y: number}} of a mixture, how much of it lies in the three parts, and where
 */
function spotIn(triangle, weights, parts) {
  const held = parts.map((units) => d3.sum(units, (unit) => weights[unit]));
  const share = d3.sum(held);
  const [x, y] = placeIn(
    triangle,
    held.map((part) => part / share),
  );
  return { share, x, y };
}

/**
 * @returns {{x1: number, y1: number, x2: number, y2: number, x: number, y: number, text: string}[]} lines of
 *     equal shares of each corner, and where they are labelled
 */
function sharesIn(triangle) {
  return d3.cross(d3.range(3), [0.25, 0.5, 0.75]).map(([corner, share]) => {
    const [next, other] = [(corner + 1) % 3, (corner + 2) % 3];
    const end = (second) => {
      const shares = [0, 0, 0];
      shares[corner] = share;
      shares[second] = 1 - share;
      return placeIn(triangle, shares);
    };
    const [[x1, y1], [x2, y2]] = [end(next), end(other)];
    const away = 20 / Math.hypot(x2 - x1, y2 - y1); // outside, in the direction of the line
    return { x1, y1, x2, y2, x: x1 + away * (x1 - x2), y: y1 + away * (y1 - y2), text: `${100 * share} %` };
  });
}

/**
 * Spots that coincide, around their place: the first one in the middle.
 *
 * @param {{x: number, y: number}[]} spots
 * @param {number} reach - pixels from the place to the last of them, at most
 * @returns {{x: number, y: number}[]}
 */
function spreadOut(spots, reach) {
  const groups = d3.groups(spots, ({ x, y }) => `${x.toFixed(3)} ${y.toFixed(3)}`).map(([, group]) => group);
  return groups.flatMap((group) => {
    const step = Math.min(6, reach / Math.sqrt(group.length));
    return group.map((spot, position) => {
      const [radius, angle] = [step * Math.sqrt(position), position * Math.PI * (3 - Math.sqrt(5))]; // as sunflowers do
      return { ...spot, x: spot.x + radius * Math.cos(angle), y: spot.y + radius * Math.sin(angle) };
    });
  });
}
