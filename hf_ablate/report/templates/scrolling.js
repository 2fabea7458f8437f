/** Let the keyboard reach, and so scroll, what is wider than the page: tables and figures on a narrow one. */
const whileWidthsChange = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const wide of document.querySelectorAll(".scroll, pre, nav")) whileWidthsChange.observe(wide);
