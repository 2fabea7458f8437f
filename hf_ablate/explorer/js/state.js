/**
 * What a person has set, as one value: every view draws from it, and the URL's fragment holds it.
 *
 * @typedef {Object} State
 * @property {number[]} weights - of the mixture that is shown, for every unit; they sum to 1
 * @property {boolean[]} locks - whether a unit's weight stays when others change
 * @property {number[]} floors - least weight of every unit
 * @property {number[]} caps - largest weight of every unit
 * @property {string} by - what sliders are for: "unit", or a field of the corpus, whose groups have a slider each
 * @property {number[]} target - what every domain counts, 0 or more, as its slider says
 * @property {string} baseline - what the mixture is compared with: "uniform", "tokens", or the id of a mixture
 * @property {string} view - the picture of the mixtures that is shown
 * @property {string} first - a target of the Pareto front
 * @property {string} second - the other
 * @property {string} filter - words by which the ranking is filtered
 * @property {string[]} corners - the units or groups between which mixtures are drawn: three, or as many as there are
 * @property {string} axes - what mixtures are drawn along: "unit", or a field of the corpus
 */

const WRITE_EVERY = 300; // milliseconds: browsers refuse hundreds of addresses in a few seconds, as dragging would write

/**
 * The state of a page, which views subscribe to.
 *
 * @param {Study} study - that the state is about
 * @returns {{get: function(): State, update: function(Partial<State>): void, subscribe: function(function(State)): void,
 *     address: function(): string}}
 */
function makeState(study) {
  const listeners = [];
  const first = firstState(study);
  let state = readFragment(study, first, location.hash);
  let writing = null;
  const notify = () => listeners.forEach((listener) => listener(state));
  const write = () => {
    clearTimeout(writing);
    writing = null;
    history.replaceState(null, "", writeFragment(study, first, state) || location.pathname + location.search);
  };
  addEventListener("pagehide", () => writing && write());
  addEventListener("hashchange", () => {
    if (document.getElementById(location.hash.slice(1))) return; // a place in the page
    if (writeFragment(study, first, state) === location.hash) return; // our own change
    state = readFragment(study, first, location.hash);
    notify();
  });
  return {
    get: () => state,
    update(changes) {
      state = { ...state, ...changes };
      writing ??= setTimeout(write, WRITE_EVERY);
      notify();
    },
    /** @returns {string} the address of the page as it is now */
    address() {
      write();
      return location.href;
    },
    subscribe(listener) {
      listeners.push(listener);
      listener(state);
    },
  };
}

/** @returns {State} of a page that is opened without a fragment */
function firstState(study) {
  const [first, second] = firstFront(study);
  return {
    weights: Array.from(study.mixtures[study.best(study.firstTarget)].weights),
    locks: study.units.map(() => false),
    floors: study.units.map(() => 0),
    caps: study.units.map(() => 1),
    by: firstSliders(study),
    target: asSliders(study.firstTarget),
    baseline: "uniform",
    view: "scatter",
    first,
    second,
    filter: "",
    corners: firstCorners(study),
    axes: firstSliders(study),
  };
}

/**
 * The fragment of a state, empty for the first one; it leaves out what is as at first.
 *
 * A listed mixture is written by its id, another by its weights; lists as `position:value`.
 */
function writeFragment(study, first, state) {
  const words = new URLSearchParams();
  const listed = study.find(state.weights);
  if (!sameNumbers(state.weights, first.weights)) {
    if (listed >= 0) words.set("m", study.mixtures[listed].id);
    else words.set("w", sparse(state.weights, 0));
  }
  for (const [name, usual] of [["floors", 0], ["caps", 1]]) {
    if (!sameNumbers(state[name], first[name])) words.set(name, sparse(state[name], usual));
  }
  if (state.locks.some(Boolean)) words.set("locks", sparse(state.locks.map(Number), 0));
  if (!sameNumbers(state.target, first.target)) words.set("t", sparse(state.target, 0));
  for (const name of ["by", "baseline", "view", "first", "second", "axes", "filter"]) {
    if (state[name] !== first[name]) words.set(name, state[name]);
  }
  if (state.corners.some((name, corner) => name !== first.corners[corner])) words.set("corners", state.corners.join("|"));
  return words.size ? `#${words}` : "";
}

/** @returns {State} of a fragment; what it does not say, or says wrongly, is as at first */
function readFragment(study, first, fragment) {
  const state = { ...first };
  const words = new URLSearchParams(fragment.slice(1));
  const listed = study.mixtures.findIndex((mixture) => mixture.id === words.get("m"));
  if (listed >= 0) state.weights = Array.from(study.mixtures[listed].weights);
  if (words.has("w")) {
    const weights = dense(words.get("w"), study.units.length, 0);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (total > 0) state.weights = weights.map((weight) => weight / total);
  }
  if (words.has("floors")) state.floors = dense(words.get("floors"), study.units.length, 0);
  if (words.has("caps")) state.caps = dense(words.get("caps"), study.units.length, 1);
  if (words.has("locks")) state.locks = dense(words.get("locks"), study.units.length, 0).map(Boolean);
  if (words.has("t")) {
    const target = dense(words.get("t"), study.domains.length, 0);
    if (target.some((weight) => weight > 0)) state.target = target;
  }
  state.filter = words.get("filter") ?? "";
  if (words.has("corners")) state.corners = readCorners(study, words.get("corners")) ?? state.corners;
  const known = {
    axes: ["unit", ...dividingFields(study)],
    by: ["unit", ...dividingFields(study)],
    baseline: [...Object.keys(study.presets), ...study.mixtures.map((mixture) => mixture.id)],
    view: Object.keys(PICTURES),
    first: study.targets.map((target) => target.name),
    second: study.targets.map((target) => target.name),
  };
  for (const [name, values] of Object.entries(known)) {
    if (values.includes(words.get(name))) state[name] = words.get(name);
  }
  return state;
}

/** @returns {string} the numbers that are not the usual one, as `position:value,position:value` */
function sparse(numbers, usual) {
  const entries = numbers.map((number, position) => [position, number]).filter(([, number]) => number !== usual);
  return entries.map(([position, number]) => `${position}:${Number(number.toPrecision(9))}`).join(",");
}

/** @returns {number[]} what `sparse` wrote; a position or number that makes no sense is left out */
function dense(text, length, usual) {
  const numbers = Array(length).fill(usual);
  for (const [position, number] of text.split(",").map((entry) => entry.split(":").map(Number))) {
    if (position in numbers && number >= 0 && Number.isFinite(number)) numbers[position] = number;
  }
  return numbers;
}

/** @returns {boolean} whether two lists are equal to nine decimals */
function sameNumbers(one, other) {
  return one.every((number, position) => Math.abs(number - other[position]) < 1e-9);
}

/** @returns {number[]} weights of a target as sliders between 0 and 1, the largest at 1 */
function asSliders(weights) {
  const most = d3.max(weights);
  return Array.from(weights, (weight) => weight / most);
}
