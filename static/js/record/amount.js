/* Record CE: the number of units is named as the chosen type counts it; points are asked for where it has no unit.
   static/css/pages/record.css shows what is asked for, and what is filled in. */

(() => {
  const amount = document.getElementById("amount");
  const list = document.querySelector("select[name='activity_type']");
  if (!amount || !list) return;

  const { quantity, points } = list.form.elements;
  const name = amount.querySelector("label[for='id_quantity']");

  const show = () => {
    const units = list.selectedOptions[0]?.dataset.units;
    const asks = list.value ? (units ? "units" : "points") : "either";
    amount.dataset.asks = asks;
    name.textContent = units || list.options[0].dataset.units;
    amount.querySelector(".units").toggleAttribute("data-kept", Boolean(quantity.value));
    amount.querySelector(".points").open = asks === "points" || Boolean(points.value);
  };

  list.addEventListener("change", show);
})();
