//! A long list of which only the rows near the screen are there.
//!
//! The list is as high as all rows together, and each row lies at its place. Rows are drawn, moved and taken away by
//! hand: one that stays on the screen keeps its element, and with it the focus, whatever comes and goes around it.

use leptos::{mount::UnmountHandle, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};
use xunji_sync::engine::Millis;

use crate::platform;

/// So many rows are drawn beyond either edge of the screen.
const MARGIN: usize = 4;
/// The highest list, in pixels of the screen: browsers lose count some way beyond. Longer lists are scrolled quicker.
const HIGHEST: f64 = 30_000_000.0;
/// The height of a row until one has been measured.
const GUESS: f64 = 80.0;

/// A row that is to be drawn.
pub struct Line<T> {
    /// Its place among all.
    pub at: usize,
    /// What it is the row of.
    pub key: String,
    /// What it shows; it is drawn anew when this changes.
    pub shows: T,
}

struct Drawn<T> {
    key: String,
    at: usize,
    shows: T,
    element: HtmlElement,
    _view: UnmountHandle<<AnyView as Render>::State>,
}

/// The list.
pub struct Strip<T> {
    list: HtmlElement,
    owner: Option<Owner>,
    draw: Box<dyn Fn(&T) -> AnyView>,
    drawn: Vec<Drawn<T>>,
    count: usize,
    row: f64,
    /// Whether rows may have another height than they had.
    unsure: bool,
}

impl<T: Clone + PartialEq + 'static> Strip<T> {
    /// Over an empty list element. What rows use of the app's contexts they find where this is called.
    pub fn new(list: HtmlElement, draw: impl Fn(&T) -> AnyView + 'static) -> Self {
        let (owner, draw) = (Owner::current(), Box::new(draw));
        Self { list, owner, draw, drawn: Vec::new(), count: 0, row: GUESS, unsure: true }
    }

    /// How many rows there are.
    pub fn set_count(&mut self, count: usize) {
        self.count = count;
        self.size();
    }

    /// Rows may have another height from now on. Only then is one measured again: asking the browser makes it lay out
    /// at once what has just been drawn.
    pub fn measure_anew(&mut self) {
        self.unsure = true;
    }

    fn natural(&self) -> f64 {
        self.count as f64 * self.row
    }

    fn height(&self) -> f64 {
        self.natural().min(HIGHEST / window().device_pixel_ratio().max(1.0))
    }

    fn size(&self) {
        style(&self.list, "height", self.height());
    }

    /// The first row that should be drawn and the one after the last; nothing while the list is not on the screen.
    pub fn in_sight(&self) -> Option<(usize, usize)> {
        self.list.offset_parent()?;
        let screen = window().inner_height().ok()?.as_f64()?;
        let first = (self.seen_from(screen) / self.row) as usize;
        let last = first + (screen / self.row) as usize + 2;
        Some((first.saturating_sub(MARGIN), (last + MARGIN).min(self.count)))
    }

    /// How far the rows are scrolled, as if the list had its natural height.
    fn seen_from(&self, screen: f64) -> f64 {
        let scrolled = (-self.list.get_bounding_client_rect().top()).max(0.0);
        let (natural, height) = (self.natural(), self.height());
        match height < natural {
            true => scrolled * (natural - screen) / (height - screen),
            false => scrolled,
        }
    }

    /// The key of the row that has the focus.
    pub fn focused(&self) -> Option<String> {
        let active = window().document()?.active_element()?;
        let drawn = self.drawn.iter().find(|drawn| drawn.element.contains(Some(&active)))?;
        Some(drawn.key.clone())
    }

    /// Draws these rows, in their order, and takes all others away. Whether that was done: where it takes long, some are
    /// left for the next time.
    pub fn draw(&mut self, lines: Vec<Line<T>>) -> bool {
        let until = Millis(platform::millis().0 + platform::GO);
        let screen = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
        let shift = match self.height() < self.natural() {
            true => self.seen_from(screen) - (-self.list.get_bounding_client_rect().top()).max(0.0),
            false => 0.0,
        };
        self.drawn.retain(|drawn| {
            let stays = lines.iter().any(|line| line.key == drawn.key);
            if !stays {
                drawn.element.remove();
            }
            stays
        });
        let mut next = self.list.first_element_child();
        let mut done = true;
        for line in lines {
            let is_drawn = self.drawn.iter().any(|drawn| drawn.key == line.key);
            if !is_drawn && platform::millis() >= until {
                done = false;
                continue;
            }
            let at = line.at;
            let Some(element) = self.put(line) else { continue };
            if next.as_ref() == Some(&element) {
                next = element.next_element_sibling();
            } else {
                // Fails only for a place that is not in the list.
                drop(self.list.insert_before(&element, next.as_ref().map(|next| -> &Node { next })));
            }
            style(&element, "top", at as f64 * self.row - shift);
            attribute(&element, "aria-posinset", at + 1);
            attribute(&element, "aria-setsize", self.count);
        }
        self.measure();
        done
    }

    /// The element of a row, which shows what it should.
    fn put(&mut self, Line { at, key, shows }: Line<T>) -> Option<HtmlElement> {
        let known = self.drawn.iter().position(|drawn| drawn.key == key);
        let element = match known {
            Some(known) if self.drawn[known].shows == shows => {
                self.drawn[known].at = at;
                return Some(self.drawn[known].element.clone());
            }
            // Its old view goes, and it stays where it is.
            Some(known) => self.drawn.swap_remove(known).element,
            None => window().document()?.create_element("li").ok()?.dyn_into().ok()?,
        };
        let mount = || {
            let view = (self.draw)(&shows);
            leptos::mount::mount_to(element.clone(), move || view)
        };
        let view = match &self.owner {
            Some(owner) => owner.with(mount),
            None => mount(),
        };
        self.drawn.push(Drawn { key, at, shows, element: element.clone(), _view: view });
        Some(element)
    }

    /// Rows are as high as the style makes them, which depends on the size of the text.
    fn measure(&mut self) {
        let Some(drawn) = self.drawn.first().filter(|_| self.unsure) else { return };
        self.unsure = false;
        let row = drawn.element.get_bounding_client_rect().height();
        if row > 0.0 && (row - self.row).abs() > 0.1 {
            self.row = row;
            self.size();
            for drawn in &self.drawn {
                style(&drawn.element, "top", drawn.at as f64 * row);
            }
        }
    }
}

/// In hundredths of a pixel: writing fractions is code of its own.
fn style(element: &HtmlElement, name: &str, pixels: f64) {
    // Fails only for a name that is none.
    drop(element.style().set_property(name, &format!("calc({}px / 100)", (pixels * 100.0) as i64)));
}

fn attribute(element: &HtmlElement, name: &str, value: usize) {
    let value = value.to_string();
    if element.get_attribute(name).as_ref() != Some(&value) {
        drop(element.set_attribute(name, &value));
    }
}
