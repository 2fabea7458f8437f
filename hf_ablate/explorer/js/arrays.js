// Arrays of the page's data, which `hf_ablate/explorer/arrays.py` packs.

const TYPED_ARRAYS = {
  float64: Float64Array, float32: Float32Array, int32: Int32Array, uint32: Uint32Array,
  int16: Int16Array, uint16: Uint16Array, int8: Int8Array, uint8: Uint8Array,
};

/**
 * Numbers of one type, with the shape that they have in Python; the last index runs fastest.
 * @typedef {{shape: number[], data: Float64Array}} PackedArray `data`: the typed array of its type
 */

/**
 * A copy of the page's data in which every packed array is a typed one.
 * @param {*} value what JSON holds
 * @returns {Promise<*>} the same with `{shape, data}` in place of `{shape, dtype, data}`
 */
async function unpackArrays(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return Promise.all(value.map(unpackArrays));
  if (typeof value.data === "string" && value.dtype in TYPED_ARRAYS) return unpackArray(value);
  const entries = Object.entries(value).map(async ([key, part]) => [key, await unpackArrays(part)]);
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * One packed array.
 * @param {{shape: number[], dtype: string, data: string}} packed
 * @returns {Promise<PackedArray>}
 */
async function unpackArray({ shape, dtype, data }) {
  const planes = await inflated(Uint8Array.from(atob(data), (character) => character.charCodeAt(0)));
  const numbers = new TYPED_ARRAYS[dtype](shape.reduce((product, size) => product * size, 1));
  const bytes = new Uint8Array(numbers.buffer);
  const size = numbers.BYTES_PER_ELEMENT;
  for (let place = 0; place < size; place++) {
    const plane = place * numbers.length;
    for (let index = 0; index < numbers.length; index++) bytes[index * size + place] = planes[plane + index];
  }
  return { shape, data: numbers };
}
