// The practitioner's fields are shown to those who are one.
const roles = document.querySelectorAll('input[name="role"]');
const fields = ["registration_number", "speciality"]
  .map((name) => document.querySelector(`[name="${name}"]`)?.closest(".field"))
  .filter(Boolean);
const show = () => {
  const practitioner = document.querySelector('input[name="role"]:checked')?.value === "practitioner";
  fields.forEach((field) => { field.hidden = !practitioner; });
};
if (roles.length) {
  roles.forEach((role) => role.addEventListener("change", show));
  show();
}
