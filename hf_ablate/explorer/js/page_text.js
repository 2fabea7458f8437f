// What `page_text` of `hf_ablate/explorer/arrays.py` put into the page: compressed text.

/**
 * What raw deflate compressed.
 * @param {Uint8Array} compressed
 * @returns {Promise<Uint8Array>}
 */
async function inflated(compressed) {
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * What `page_text` in Python put into the page.
 * @param {string} text
 * @returns {Promise<string>}
 */
async function inflatedText(text) {
  return new TextDecoder().decode(await inflated(bytesOf85(text)));
}

/** Digits of base85, in which `,.:` stand for `<>&`. */
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;,=.?@^_`{|}~";

/**
 * The bytes of a text in base85: five digits are four bytes, and at the end one digit more than there are bytes.
 * @param {string} text
 * @returns {Uint8Array}
 */
function bytesOf85(text) {
  const values = new Uint8Array(128);
  for (let value = 0; value < DIGITS.length; value++) values[DIGITS.charCodeAt(value)] = value;
  const groups = Math.ceil(text.length / 5);
  const bytes = new DataView(new ArrayBuffer(4 * groups));
  for (let group = 0; group < groups; group++) {
    let number = 0;
    for (let at = 5 * group; at < 5 * group + 5; at++) {
      number = 85 * number + (at < text.length ? values[text.charCodeAt(at)] : 84);
    }
    bytes.setUint32(4 * group, number);
  }
  return new Uint8Array(bytes.buffer, 0, 4 * groups - (5 * groups - text.length));
}
