//! Frames of minified files become those of their sources.

mod hostile;
mod late;
mod positions;
