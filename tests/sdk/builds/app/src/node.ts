import { checkOut } from "./checkout";

const settled = checkOut({ id: "A-17", cents: 4_250, currency: "EUR" });
settled.then((numbers) => console.log(numbers.join()));
