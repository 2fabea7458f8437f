/** Parts of the corpus that pictures speak of: its units, or groups of them. */

/** @returns {number[]} the units of a part */
function unitsOfPart(study, name) {
  return study.groups[name] ?? [study.units.indexOf(name)];
}

/**
 * The three parts of which the best mixture holds most or, of equals, all mixtures together.
 *
 * @returns {string[]} units or, where there are many, groups
 */
function firstCorners(study) {
  const by = firstSliders(study);
  const names = by === "unit" ? study.units : groupsBy(study, by).map(([name]) => name);
  const best = study.mixtures[study.best(study.firstTarget)].weights;
  const inAll = study.units.map((_, unit) => d3.mean(study.mixtures, ({ weights }) => weights[unit]));
  const held = (name) => d3.sum(unitsOfPart(study, name), (unit) => best[unit] + 1e-6 * inAll[unit]);
  return d3.sort(names.length > 2 ? names : study.units, (name) => -held(name)).slice(0, 3);
}

/** @returns {?string[]} corners as a fragment has them; `null` if they are not three different parts */
function readCorners(study, text) {
  const names = text.split("|");
  const units = names.flatMap((name) => unitsOfPart(study, name));
  return names.length === 3 && !units.includes(-1) && new Set(units).size === units.length ? names : null;
}

/** @returns {string[]} names of the targets that are weighed against each other at first: two sources, or domains */
function firstFront(study) {
  const named = (levels) => study.targets.filter(({ level }) => levels.includes(level)).map(({ name }) => name);
  const [sources, domains] = [named(["source_mean", "task_mean", "task"]), named(["domain"])];
  return [sources, domains, [study.targets[0].name, study.targets.at(-1).name]]
    .find((names) => names.length > 1)
    .slice(0, 2);
}
