/* Record CE: the folded choice of certifications says which are chosen. */

(() => {
  const place = document.getElementById("counts-for");
  const codes = place?.querySelector("summary strong");
  place?.addEventListener("change", () => {
    const chosen = [...place.querySelectorAll("input:checked")];
    codes.textContent = chosen.map((box) => box.dataset.code).join(", ");
  });
})();
