//! Photos, spoken notes and signatures: gathering them, showing them, and getting back what only the station has.

mod album;
mod gather;
mod sign;
mod sound;
mod tile;
mod viewer;

use self::tile::Tile;
pub use self::{album::Album, gather::keep_photo, tile::tiles};
