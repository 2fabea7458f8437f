const SAID_FOR = 4000; // milliseconds that a button says what it did

/** The mixture as text for other programs, and the address of this view. */
function drawCopy(study, state, container) {
  const section = d3.select(container);
  const formats = Object.entries(study.formats);
  if (formats.length) drawFormats(formats, state, section);
  section.append("h3").text("This view");
  section
    .append("p")
    .attr("class", "note")
    .text("The address holds the mixture, its limits and the target: whoever has this file sees the same.");
  const line = section.append("p").attr("class", "settings");
  const label = line.append("label").attr("class", "wide").text("Address ");
  const address = label.append("input").attr("readonly", true);
  const buttons = section.append("div").attr("class", "buttons");
  copyButton(buttons, "Copy the address", () => state.address(), address.node());
  buttons
    .append("button")
    .attr("type", "button")
    .text("Start again")
    .on("click", () => state.update(firstState(study)));
  let waiting = null;
  state.subscribe(() => {
    clearTimeout(waiting);
    waiting = setTimeout(() => address.property("value", state.address()), WRITE_EVERY);
  });
}

/** The mixture in a chosen format, with a button that copies it. */
function drawFormats(formats, state, section) {
  const label = section.append("p").attr("class", "settings").append("label").text("Format ");
  const choice = label.append("select").on("change", () => show(state.get()));
  choice
    .selectAll("option")
    .data(formats)
    .join("option")
    .attr("value", ([name]) => name)
    .text(([, format]) => format.label);
  const text = section
    .append("pre")
    .attr("tabindex", 0)
    .attr("role", "region")
    .attr("aria-label", "The mixture in this format");
  const buttons = section.append("div").attr("class", "buttons");
  copyButton(buttons, "Copy", () => text.text(), text.node());
  const save = buttons.append("a").attr("class", "button").text("Save as a file");
  const notes = section.append("ul").attr("class", "note");

  function show({ weights }) {
    const format = Object.fromEntries(formats)[choice.property("value")];
    const content = exportText(format, weights);
    text.text(content);
    save
      .attr("download", format.file_name)
      .attr("href", `data:text/plain;charset=utf-8,${encodeURIComponent(content)}`);
    notes
      .selectAll("li")
      .data(exportNotes(format, weights))
      .join("li")
      .text((note) => note);
  }
  drawOnChange(state, ["weights"], show);
}

/**
 * A button that copies a text, and says that it has; where the browser does not allow it, it selects the text.
 *
 * @param {d3.Selection} container - that the button is added to
 * @param {string} label
 * @param {function(): string} text - what is copied
 * @param {HTMLElement} place - where the text is in the page
 */
function copyButton(container, label, text, place) {
  const button = container.append("button").attr("type", "button").text(label);
  const said = container.append("span").attr("class", "said").attr("role", "status");
  let waiting = null;
  button.on("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      said.text("Copied.");
    } catch {
      place.focus();
      getSelection().selectAllChildren(place);
      place.select?.();
      said.text("Selected: copy it with Ctrl+C, or ⌘C on a Mac.");
    }
    clearTimeout(waiting);
    waiting = setTimeout(() => said.text(""), SAID_FOR);
  });
}
