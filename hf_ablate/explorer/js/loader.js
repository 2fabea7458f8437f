/** Runs the page's libraries and scripts, which are compressed in it. */

for (const packed of document.querySelectorAll("script.packed")) {
  const script = document.createElement("script");
  script.type = packed.dataset.type;
  script.textContent = await inflatedText(packed.textContent);
  document.head.append(script);
}
