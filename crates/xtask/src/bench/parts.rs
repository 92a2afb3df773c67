//! The parts, by name.

/// A part of what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What a first visit loads.
    Bytes,
    /// From opening to the first screen.
    Start,
    /// What saving costs.
    Save,
    /// What saving with a photo costs, and sending it over a line that breaks.
    Photos,
    /// A whole outbox to the station, a whole mailbox to a phone.
    Sync,
    /// Starting with, searching and scrolling a ledger of years.
    Ledger,
    /// How soon both ways are gone, and what desks cost the station.
    Desk,
    /// What the station takes.
    Station,
    /// What the simulation finds.
    Torture,
}

impl Part {
    /// All, in order.
    pub const ALL: [Self; 9] = [
        Self::Bytes,
        Self::Start,
        Self::Save,
        Self::Photos,
        Self::Sync,
        Self::Ledger,
        Self::Desk,
        Self::Station,
        Self::Torture,
    ];

    /// Its word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Start => "start",
            Self::Save => "save",
            Self::Photos => "photos",
            Self::Sync => "sync",
            Self::Ledger => "ledger",
            Self::Desk => "desk",
            Self::Station => "station",
            Self::Torture => "torture",
        }
    }

    /// The part of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == word)
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Bytes => "Weigh a first load",
            Self::Start => "Start the app, cold and warm",
            Self::Save => "Save",
            Self::Photos => "Save a photo, and send one over a line that breaks",
            Self::Sync => "Empty a full outbox, and fill a new phone",
            Self::Ledger => "Start with, search and scroll a ledger of years",
            Self::Desk => "Answer from a desk, and see what phones send",
            Self::Station => "Send to the station",
            Self::Torture => "Torture the simulation",
        }
    }

    pub(super) fn needs_browser(self) -> bool {
        matches!(self, Self::Start | Self::Save | Self::Photos | Self::Sync | Self::Ledger | Self::Desk)
    }

    pub(super) fn needs_station(self) -> bool {
        self.needs_browser()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found() {
        for part in Part::ALL {
            assert_eq!(Part::named(part.name()), Some(part));
        }
        assert_eq!(Part::named("all"), None);
    }
}
