//! Promises broken on purpose, one at a time, to see that the checker notices.
//!
//! Every break sits in the simulation's own wrappers around the storage, the driver, the network or the model station:
//! nothing of it is in what the app runs.

/// One broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// The storage says "done" when its disk is full.
    SwallowFullDisk,
    /// A crash takes a committed row along.
    LoseRowOnCrash,
    /// A failing commit leaves the first half of its writes.
    TearCommit,
    /// The phone takes no answer for a receipt.
    AcknowledgeSilence,
    /// The phone takes the answers by their place, whatever they name.
    AcknowledgeByPlace,
    /// The phone gives the same sequence number twice.
    GiveSeqTwice,
    /// The station stores an entry again that it has already.
    TakeTwice,
    /// The station answers "stored" for another content under a known id or place.
    IgnoreDigest,
    /// The station answers, then loses what it had not committed.
    AnswerBeforeCommit,
    /// The station parks an entry and drops its payload.
    ForgetParked,
    /// The phone sends nothing while a parked entry waits for its author.
    ParkedBlocks,
    /// The driver forgets the timer that ends a rest.
    NeverTryAgain,
    /// The station lets an entry pass as whole before its attachments are there.
    CountUnverified,
    /// Making space takes every attachment.
    ThinEverything,
    /// The phone keeps only the newer of two versions.
    ForgetRivals,
    /// The phone folds by the order of arrival.
    FoldByArrival,
    /// The station leaves an item out of a mailbox page, numbers on, and doesn't compare what the reader had.
    SkipPosition,
    /// Whoever becomes entitled late gets the newest entry only.
    ForgetHistory,
    /// An evicted database leaves its canary behind.
    QuietEviction,
    /// The phone's sequence leaves numbers out.
    SkipSeq,
    /// The station puts consultations into the coordinators' mailboxes.
    LeakConsultation,
    /// The station tells the person that an entry names of it, not the one who sent it.
    LeakParked,
    /// The phone notes how far it has read a desk's mailbox as the place of the person's own.
    MixCursors,
    /// The station does not say that an entry lacks its sensitive values.
    UnmarkMasked,
    /// The phone forgets what its person was asked to correct.
    ForgetQuestions,
    /// The station merges into a record that was merged itself.
    ChainDoubles,
    /// The station lets two slips have the same token.
    GiveSlipTwice,
    /// The phone shows a record where a step leads that the station has parked.
    FollowParked,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::SwallowFullDisk,
        Self::LoseRowOnCrash,
        Self::TearCommit,
        Self::AcknowledgeSilence,
        Self::AcknowledgeByPlace,
        Self::GiveSeqTwice,
        Self::TakeTwice,
        Self::IgnoreDigest,
        Self::AnswerBeforeCommit,
        Self::ForgetParked,
        Self::ParkedBlocks,
        Self::NeverTryAgain,
        Self::CountUnverified,
        Self::ThinEverything,
        Self::ForgetRivals,
        Self::FoldByArrival,
        Self::SkipPosition,
        Self::ForgetHistory,
        Self::QuietEviction,
        Self::SkipSeq,
        Self::LeakConsultation,
        Self::LeakParked,
        Self::MixCursors,
        Self::UnmarkMasked,
        Self::ForgetQuestions,
        Self::ChainDoubles,
        Self::GiveSlipTwice,
        Self::FollowParked,
    ];
}
