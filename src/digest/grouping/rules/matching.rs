//! Applies a ruleset to one stack: all frames of a rule at once, as bits.
//!
//! Which patterns fit which frame is known before (`index`); what is left of a rule is a few `and`s, repeated
//! because rules change what later rules see.

use crate::digest::grouping::rules::index::seen;
use crate::digest::grouping::rules::{
    Action, Condition, Entry, ErrorField, Family, Reach, Rule, StackRules, Test,
};

/// Frames of one stack that rules see; normalization keeps fewer.
pub(crate) const FRAMES_MAX: usize = 256;
const WORDS: usize = FRAMES_MAX / 64;

/// One bit a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mask([u64; WORDS]);

impl Mask {
    fn below(count: usize) -> Self {
        let mut mask = Self::default();
        for (index, word) in mask.0.iter_mut().enumerate() {
            let from = index * 64;
            *word = match count.saturating_sub(from) {
                0 => 0,
                more if more >= 64 => u64::MAX,
                some => (1 << some) - 1,
            };
        }
        mask
    }

    fn is_empty(self) -> bool {
        self.0 == [0; WORDS]
    }

    pub(crate) fn has(self, index: usize) -> bool {
        self.0[index / 64] & (1 << (index % 64)) != 0
    }

    pub(crate) fn set(&mut self, index: usize, value: bool) {
        let bit = 1 << (index % 64);
        if value {
            self.0[index / 64] |= bit;
        } else {
            self.0[index / 64] &= !bit;
        }
    }

    pub(crate) fn count(self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(crate) fn and(self, other: Self) -> Self {
        self.combine(other, |a, b| a & b)
    }

    fn or(self, other: Self) -> Self {
        self.combine(other, |a, b| a | b)
    }

    fn without(self, other: Self) -> Self {
        self.combine(other, |a, b| a & !b)
    }

    fn combine(mut self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a = f(*a, b);
        }
        self
    }

    /// Bit `n` becomes bit `n + 1`.
    fn up(self) -> Self {
        let mut carry = 0;
        let mut mask = self;
        for word in &mut mask.0 {
            let next = *word >> 63;
            *word = (*word << 1) | carry;
            carry = next;
        }
        mask
    }

    /// Bit `n` becomes bit `n - 1`.
    fn down(self) -> Self {
        let mut carry = 0;
        let mut mask = self;
        for word in mask.0.iter_mut().rev() {
            let next = *word << 63;
            *word = (*word >> 1) | carry;
            carry = next;
        }
        mask
    }

    fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(index, mut word)| {
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(index * 64 + bit)
            })
        })
    }
}

/// What rules see of a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameFacts<'a> {
    pub family: Family,
    /// `<unknown>` where there is none.
    pub function: &'a str,
    pub module: Option<&'a str>,
    pub package: Option<&'a str>,
    pub path: Option<&'a str>,
    pub in_app: Option<bool>,
    pub category: Option<&'a str>,
}

/// What rules see of the exception above a stack.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ErrorFacts<'a> {
    pub kind: Option<&'a str>,
    pub value: Option<&'a str>,
    pub mechanism: Option<&'a str>,
}

/// Which frames of a stack count, and whether the stack does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contribution {
    pub frames: Mask,
    pub contributes: bool,
    pub hint: Option<String>,
}

/// Atoms that fit some frame; several share a bit, which only costs a second look.
#[derive(Debug, Clone, Copy, Default)]
struct AtomSet([u64; 8]);

impl AtomSet {
    fn add(&mut self, atom: usize) {
        self.0[atom / 64 % 8] |= 1 << (atom % 64);
    }

    fn has(self, atom: usize) -> bool {
        self.0[atom / 64 % 8] & (1 << (atom % 64)) != 0
    }
}

/// One stack under a ruleset.
pub(crate) struct StackRun<'a> {
    rules: &'a StackRules,
    error: ErrorFacts<'a>,
    all: Mask,
    families: [Mask; 3],
    atoms: Vec<Mask>,
    seen: AtomSet,
    categories: Vec<Mask>,
    /// By frame.
    category_of: Vec<Option<usize>>,
    in_app: Mask,
    in_app_known: Mask,
}

impl<'a> StackRun<'a> {
    /// At most `FRAMES_MAX` frames.
    pub(crate) fn new<'f>(
        rules: &'a StackRules,
        error: ErrorFacts<'a>,
        frames: impl ExactSizeIterator<Item = FrameFacts<'f>>,
    ) -> Self {
        let mut run = Self {
            rules,
            error,
            all: Mask::below(frames.len().min(FRAMES_MAX)),
            families: [Mask::default(); 3],
            atoms: vec![Mask::default(); rules.atoms.len()],
            seen: AtomSet::default(),
            categories: vec![Mask::default(); rules.categories.len()],
            category_of: vec![None; frames.len().min(FRAMES_MAX)],
            in_app: Mask::default(),
            in_app_known: Mask::default(),
        };
        let known = |index: usize, frame: &FrameFacts, run: &mut Self| {
            seen::with_atoms(rules, frame, |atoms| {
                for &atom in atoms {
                    run.atoms[usize::from(atom)].set(index, true);
                    run.seen.add(usize::from(atom));
                }
            });
        };
        for (index, frame) in frames.take(FRAMES_MAX).enumerate() {
            known(index, &frame, &mut run);
            run.families[frame.family.bit().trailing_zeros() as usize].set(index, true);
            if let Some(in_app) = frame.in_app {
                run.set_app(index, in_app);
            }
            let named = |category: &str| rules.categories.iter().position(|known| &**known == category);
            if let Some(category) = frame.category.and_then(named) {
                run.set_category(index, category);
            }
        }
        run
    }

    /// Sets categories and in-app marks, rule by rule: later rules see what earlier ones set.
    pub(crate) fn classify(&mut self) {
        let rules = self.rules;
        for rule in self.possible(&rules.classifying) {
            let matching = self.matching(rule);
            if matching.is_empty() {
                continue;
            }
            for index in matching.iter() {
                for action in &rule.actions {
                    match *action {
                        Action::App(flag, reach) => {
                            let reached = self.reached(index, reach);
                            self.in_app_known = self.in_app_known.or(reached);
                            self.in_app =
                                if flag { self.in_app.or(reached) } else { self.in_app.without(reached) };
                        }
                        Action::Category(category) => self.set_category(index, category),
                        _ => {}
                    }
                }
            }
        }
    }

    pub(crate) fn in_app(&self, index: usize) -> Option<bool> {
        self.in_app_known.has(index).then(|| self.in_app.has(index))
    }

    pub(crate) fn category(&self, index: usize) -> Option<&'a str> {
        self.category_of[index].map(|category| &*self.rules.categories[category])
    }

    /// Lets `+group`, `-group`, `max-frames` and `min-frames` work on the frames that count so far.
    pub(crate) fn contribute(&self, sides: [Mask; 2]) -> [Contribution; 2] {
        let mut sides = sides.map(|frames| Contribution { frames, ..Contribution::default() });
        let (mut most, mut least) = ((0, None), (0, None));
        for rule in self.possible(&self.rules.contributing) {
            for index in self.matching(rule).iter() {
                for action in &rule.actions {
                    match *action {
                        Action::Group(flag, reach) => {
                            let reached = self.reached(index, reach);
                            for side in &mut sides {
                                let frames = side.frames;
                                side.frames = if flag { frames.or(reached) } else { frames.without(reached) };
                            }
                        }
                        Action::FramesMax(count) => most = (count, Some(&rule.text)),
                        Action::FramesMin(count) => least = (count, Some(&rule.text)),
                        _ => {}
                    }
                }
            }
        }
        for side in &mut sides {
            if most.0 > 0 {
                let surplus = side.frames.count().saturating_sub(most.0);
                let dropped: Vec<usize> = side.frames.iter().take(surplus).collect();
                for index in dropped {
                    side.frames.set(index, false);
                }
            }
            let count = side.frames.count();
            side.contributes = count > 0;
            if count > 0 && count < least.0 {
                side.contributes = false;
                let rule = least.1.map_or("", |text| &**text);
                side.hint = Some(format!("ignored because only {count} frames count, by the rule `{rule}`"));
            }
        }
        sides
    }

    /// Rules with all their names in this stack. Names do not change while rules apply.
    fn possible(&self, entries: &'a [Entry]) -> impl Iterator<Item = &'a Rule> + use<'a> {
        let (rules, seen) = (self.rules, self.seen);
        let fits = move |entry: &&Entry| entry.atom.is_none_or(|atom| seen.has(usize::from(atom)));
        entries.iter().filter(fits).map(|entry| &rules.rules[usize::from(entry.rule)])
    }

    fn set_category(&mut self, index: usize, category: usize) {
        if let Some(before) = self.category_of[index].replace(category) {
            self.categories[before].set(index, false);
        }
        self.categories[category].set(index, true);
    }

    fn set_app(&mut self, index: usize, value: bool) {
        self.in_app_known.set(index, true);
        self.in_app.set(index, value);
    }

    fn reached(&self, index: usize, reach: Reach) -> Mask {
        match reach {
            Reach::This => {
                let mut mask = Mask::default();
                mask.set(index, true);
                mask
            }
            Reach::Before => Mask::below(index),
            Reach::After => self.all.without(Mask::below(index + 1)),
        }
    }

    fn matching(&self, rule: &Rule) -> Mask {
        let mut mask = self.all;
        for condition in &rule.own {
            mask = mask.and(self.holding(condition));
            if mask.is_empty() {
                return mask;
            }
        }
        if let Some(caller) = &rule.caller {
            mask = mask.and(self.holding(caller).up());
        }
        if let Some(callee) = &rule.callee {
            mask = mask.and(self.holding(callee).down());
        }
        if !rule.error.is_empty() && !self.error_matches(rule) {
            return Mask::default();
        }
        mask
    }

    fn holding(&self, condition: &Condition) -> Mask {
        let mask = match &condition.test {
            Test::Atom(atom) => self.atoms[*atom],
            Test::Family(bits) => {
                let families = self.families.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
                families.fold(Mask::default(), |mask, (_, family)| mask.or(*family))
            }
            Test::Category(categories) => {
                categories.iter().fold(Mask::default(), |mask, category| mask.or(self.categories[*category]))
            }
            Test::App(true) => self.in_app,
            Test::App(false) => self.all.without(self.in_app),
            Test::Never => Mask::default(),
        };
        if condition.negated { self.all.without(mask) } else { mask }
    }

    fn error_matches(&self, rule: &Rule) -> bool {
        rule.error.iter().all(|condition| {
            let value = match condition.field {
                ErrorField::Type => self.error.kind,
                ErrorField::Value => self.error.value,
                ErrorField::Mechanism => self.error.mechanism,
            };
            condition.glob.matches(value.unwrap_or("<unknown>")) != condition.negated
        })
    }
}
