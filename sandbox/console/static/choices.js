// Hide the fields that belong to another choice: data-for="effect status" belongs to the choice "status" of the field "effect".
const update = () => {
  for (const part of document.querySelectorAll("[data-for]")) {
    const [name, ...values] = part.dataset.for.split(" ");
    part.hidden = !values.includes(document.querySelector(`select[name="${name}"]`).value);
  }
};
document.addEventListener("change", update);
update();
