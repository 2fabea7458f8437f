/** What sliders do to a mixture: the others give way in proportion, within floors and caps. */

const ROUNDING = 1e-12; // what sums of weights may be off

/**
 * The least and the largest weight that every unit may have: a locked one, what it has.
 *
 * @param {{weights: number[], locks: boolean[], floors: number[], caps: number[]}} state
 * @returns {{low: number[], high: number[]}}
 */
function weightBounds({ weights, locks, floors, caps }) {
  return {
    low: weights.map((weight, unit) => (locks[unit] ? weight : floors[unit])),
    high: weights.map((weight, unit) => (locks[unit] ? weight : caps[unit])),
  };
}

/**
 * Give some units another weight together.
 *
 * They share it in the proportions that they have, and the others give way, or take the rest, in theirs; units that all
 * have nothing take equal shares. A weight that bounds do not allow becomes the nearest one that they do.
 *
 * @param {State} state - with the weights that the proportions are taken from
 * @param {number[]} members - the units, as positions
 * @param {number} wanted - their weight together
 * @returns {number[]} weights of all units, which sum to 1; the same ones where bounds leave no choice
 */
function movedTo(state, members, wanted) {
  const { low, high } = weightBounds(state);
  const others = d3.range(state.weights.length).filter((unit) => !members.includes(unit));
  const [least, most] = reachOfSlider(state, members);
  if (least > most) return state.weights;
  const total = Math.min(Math.max(wanted, least), most);
  const weights = Array(state.weights.length);
  for (const [units, share] of [
    [members, total],
    [others, 1 - total],
  ]) {
    const of = (values) => units.map((unit) => values[unit]);
    poured(of(state.weights), of(low), of(high), share).forEach((weight, place) => (weights[units[place]] = weight));
  }
  return weights;
}

/** @returns {[number, number]} the least and the largest weight that some units can have together */
function reachOfSlider(state, members) {
  const { low, high } = weightBounds(state);
  const inside = (values) => d3.sum(members, (unit) => values[unit]);
  const outside = (values) => d3.sum(values) - inside(values);
  return [Math.max(inside(low), 1 - outside(high)), Math.min(inside(high), 1 - outside(low))];
}

/** @returns {number[]} a mixture, with locked weights as they are, and the others as near as bounds allow */
function withinBounds(state, weights) {
  const { low, high } = weightBounds(state);
  return poured(weights, low, high, 1);
}

/**
 * Shares in proportion that sum to a total within bounds: a share that would leave its bounds stays at one, and the
 * others make up for it.
 *
 * @param {number[]} shares - the proportions; where all are 0, equal ones
 * @param {number[]} low
 * @param {number[]} high
 * @param {number} total - between the sums of the bounds
 * @returns {number[]}
 */
function poured(shares, low, high, total) {
  const isSome = shares.map((share) => share > ROUNDING);
  const most = d3.sum(shares, (_, place) => (isSome[place] ? high : low)[place]);
  if (most < total - ROUNDING) {
    // those that have something are full: the others share what is left
    const rest = shares.map((_, place) => (isSome[place] ? 0 : 1));
    return levelled(
      rest,
      low.map((least, place) => (isSome[place] ? high[place] : least)),
      high,
      total,
    );
  }
  return levelled(
    shares.map((share, place) => (isSome[place] ? share : 0)),
    low,
    high,
    total,
  );
}

/** The same for shares of which some are above 0 and can take the total together. */
function levelled(shares, low, high, total) {
  const at = (level) => shares.map((share, place) => Math.min(Math.max(level * share, low[place]), high[place]));
  const taking = d3.range(shares.length).filter((place) => shares[place] > 0);
  // between these levels, the sum rises in a straight line
  const turns = [0, ...taking.flatMap((place) => [low[place] / shares[place], high[place] / shares[place]])].sort(
    d3.ascending,
  );
  const above = d3.bisector((level) => d3.sum(at(level))).left(turns, total);
  if (above === 0) return at(turns[0]);
  if (above === turns.length) return at(turns.at(-1));
  const middle = (turns[above - 1] + turns[above]) / 2;
  const slope = d3.sum(taking, (place) =>
    low[place] < middle * shares[place] && middle * shares[place] < high[place] ? shares[place] : 0,
  );
  const start = at(turns[above - 1]);
  return slope > 0 ? at(turns[above - 1] + (total - d3.sum(start)) / slope) : at(turns[above]);
}

/**
 * Why no mixture keeps some floors and caps, in words; empty where one does.
 *
 * @param {string[]} units
 * @param {State} state - with the floors and caps that are asked for
 * @returns {string}
 */
function whyImpossible(units, { weights, locks, floors, caps }) {
  for (const [unit, name] of units.entries()) {
    if (floors[unit] > caps[unit]) {
      return `The floor of ${name}, ${percentText(floors[unit])}, is above its cap, ${percentText(caps[unit])}.`;
    }
    const isBroken = weights[unit] < floors[unit] - ROUNDING || weights[unit] > caps[unit] + ROUNDING;
    if (locks[unit] && isBroken) {
      return `${name} is locked at ${percentText(weights[unit])}, which this would not allow; unlock it first.`;
    }
  }
  const { low, high } = weightBounds({ weights, locks, floors, caps });
  const together = locks.some(Boolean) ? " and what is locked" : "";
  if (d3.sum(low) > 1 + ROUNDING) return `The floors${together} come to ${percentText(d3.sum(low))}, more than 100 %.`;
  if (d3.sum(high) < 1 - ROUNDING) return `The caps${together} come to ${percentText(d3.sum(high))}, less than 100 %.`;
  return "";
}

/**
 * What there is a slider for.
 *
 * @param {Study} study
 * @param {string} by - "unit", or a field that divides the units
 * @returns {{name: string, units: number[]}[]}
 */
function slidersBy(study, by) {
  if (by === "unit") return study.units.map((name, unit) => ({ name, units: [unit] }));
  const groups = groupsBy(study, by).map(([name, units]) => ({ name: name.slice(by.length + 1), units }));
  const without = study.units.flatMap((_, unit) => (groups.some(({ units }) => units.includes(unit)) ? [] : [unit]));
  return without.length ? [...groups, { name: `no ${by}`, units: without }] : groups;
}

/** @returns {string[]} the fields by which there are several groups, fewer than units, and no unit is in two of them */
function dividingFields(study) {
  return study.fields.filter((field) => {
    const members = groupsBy(study, field).flatMap(([, units]) => units);
    const count = slidersBy(study, field).length;
    return count > 1 && count < study.units.length && members.length === new Set(members).size;
  });
}

/** @returns {[string, number[]][]} the groups by a field, with their units */
function groupsBy(study, field) {
  return Object.entries(study.groups).filter(([name]) => name.startsWith(`${field}=`));
}

const MOST_SLIDERS = 24; // of units, before there are sliders of groups at first

/** @returns {string} what sliders are for at first: units or, of many, the first field that makes fewer groups */
function firstSliders(study) {
  if (study.units.length <= MOST_SLIDERS) return "unit";
  return dividingFields(study)[0] ?? "unit";
}

/** @returns {string} a share in per cent */
function percentText(share) {
  return share > 0 && share < 0.0005 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`;
}
