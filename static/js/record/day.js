/* Record CE: Today and Yesterday fill in the day, and so does the browser's own calendar.
   The day can be typed all the same; without this script it is. */

(() => {
  const chips = document.getElementById("chips");
  const pick = document.getElementById("pick");
  const day = document.querySelector("input[name='starts_on']");
  if (!chips || !pick || !day) return;

  const A_DAY = 24 * 60 * 60 * 1000;
  const inChicago = new Intl.DateTimeFormat("en-CA", { timeZone: "America/Chicago", dateStyle: "short" });
  const dayNow = () => Date.parse(inChicago.format());
  const opened = dayNow();
  const today = () => Date.parse(chips.querySelector("[data-day]").dataset.day) + dayNow() - opened;

  const iso = (at) => new Date(at).toISOString().slice(0, 10);
  const fill = (value) => {
    const [year, month, date] = value.split("-").map(Number);
    day.value = `${month}/${date}/${year}`;
    for (const name of ["input", "change"]) day.dispatchEvent(new Event(name, { bubbles: true }));
  };

  /* What is typed, as the calendar takes it; empty if the calendar could not be sure. */
  const typed = () => {
    const [, month, date, year] = day.value.trim().match(/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/) || [];
    return year ? `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}` : "";
  };

  chips.addEventListener("click", (event) => {
    const ago = event.target.closest("[data-ago]")?.dataset.ago;
    if (ago) fill(iso(today() - ago * A_DAY));
  });

  // The calendar belongs to a field of its own, which is there only while it is open.
  pick.hidden = !("showPicker" in HTMLInputElement.prototype);
  pick.addEventListener("click", () => {
    chips.querySelector("input")?.remove();
    const calendar = Object.assign(document.createElement("input"), {
      type: "date",
      className: "visually-hidden",
      tabIndex: -1,
      max: iso(today()),
      value: typed(),
    });
    calendar.setAttribute("aria-hidden", "true");
    calendar.addEventListener("change", () => calendar.value && fill(calendar.value));
    pick.after(calendar);
    calendar.showPicker();
  });
})();
