/** The overlays that any page can open. */
class Overlays {
  palette = $state(false);
  help = $state(false);
  account = $state(false);
}

export const overlays = new Overlays();
