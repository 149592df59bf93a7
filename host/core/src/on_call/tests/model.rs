//! The naive model: it walks the zone's offsets minute by minute and counts. It shares nothing with the resolver but
//! the types and the zone's offsets.

use super::*;
use std::collections::HashMap;

const DAY: i64 = 1_440;
const WEEK: usize = 7 * 1_440;

/// The wall clock around a span, as minutes since 1970-01-01T00:00 shown at each minute.
pub(super) struct Wall {
    /// UTC, minutes since 1970.
    begin: i64,
    shown: Vec<i64>,
    /// The latest shown so far.
    reached: Vec<i64>,
    last_shown_at: HashMap<i64, i64>,
}

impl Wall {
    /// With `MARGIN` on both sides.
    pub const MARGIN: i64 = 4 * DAY;

    pub fn around(zone: &TimeZone, from: i64, until: i64) -> Self {
        let begin = from - Self::MARGIN;
        let mut wall = Self { begin, shown: Vec::new(), reached: Vec::new(), last_shown_at: HashMap::new() };
        let mut latest = i64::MIN;
        for minute in begin..until + Self::MARGIN {
            let offset = zone.to_offset(jiff::Timestamp::from_second(minute * 60).unwrap()).seconds();
            assert_eq!(offset % 60, 0, "the model counts in minutes");
            let shown = minute + i64::from(offset / 60);
            latest = latest.max(shown);
            wall.shown.push(shown);
            wall.reached.push(latest);
            wall.last_shown_at.insert(shown, minute);
        }
        wall
    }

    fn index(&self, minute: i64) -> usize {
        usize::try_from(minute - self.begin).unwrap()
    }

    /// The latest wall time that has been reached.
    fn reached(&self, minute: i64) -> i64 {
        self.reached[self.index(minute)]
    }

    /// The first minute at which the clock shows `wall` or is past it.
    fn first(&self, wall: i64) -> i64 {
        self.begin + i64::try_from(self.reached.partition_point(|reached| *reached < wall)).unwrap()
    }

    /// The last minute at which the clock shows `wall`; if it never does, the first at which it is past it.
    fn last(&self, wall: i64) -> i64 {
        self.last_shown_at.get(&wall).copied().unwrap_or_else(|| self.first(wall))
    }

    fn days(&self) -> core::ops::RangeInclusive<i64> {
        self.shown[0].div_euclid(DAY)..=self.reached[self.reached.len() - 1].div_euclid(DAY)
    }
}

fn minutes(wall: civil::DateTime) -> i64 {
    date_minutes(wall.date()) + minute_of_day(wall.time())
}

fn date_minutes(date: civil::Date) -> i64 {
    i64::from((date - civil::date(1970, 1, 1)).get_days()) * DAY
}

fn minute_of_day(time: civil::Time) -> i64 {
    i64::from(time.hour()) * 60 + i64::from(time.minute())
}

fn length(range: &HoursRange) -> i64 {
    let (start, end) = (minute_of_day(range.start), range.end.map_or(DAY, minute_of_day));
    if end <= start { end + DAY - start } else { end - start }
}

/// Monday is 0.
fn weekday(day: i64) -> usize {
    usize::try_from((day + 3).rem_euclid(7)).unwrap()
}

/// A rotation, counted out.
struct Counted<'a> {
    rotation: &'a Rotation,
    /// Wall times of the hand-offs with the shift that begins there, those near the span.
    hand_offs: Vec<(i64, usize)>,
    /// Spans of UTC minutes; none: all hours.
    covered: Option<Vec<(i64, i64)>>,
}

impl<'a> Counted<'a> {
    fn new(rotation: &'a Rotation, wall: &Wall) -> Self {
        let horizon = wall.reached[wall.reached.len() - 1];
        let mut hand_offs: Vec<(i64, usize)> = Vec::new();
        let (mut walls, mut turns) = (HandOffs::new(rotation), Turns::new(rotation));
        let mut begin = walls.next();
        while begin <= horizon {
            let end = walls.next();
            hand_offs.push((begin, turns.next(begin, end)));
            begin = end;
        }
        Self { rotation, hand_offs, covered: Self::covered(rotation, wall) }
    }

    fn covered(rotation: &Rotation, wall: &Wall) -> Option<Vec<(i64, i64)>> {
        let whole_day = [HoursRange { days: EVERY_DAY, start: civil::time(0, 0, 0, 0), end: None }];
        let ranges = match (&rotation.hours[..], &rotation.only, &rotation.except[..]) {
            ([], None, []) => return None,
            ([], _, _) => &whole_day[..],
            (ranges, _, _) => ranges,
        };
        let mut spans = Vec::new();
        for day in wall.days() {
            let is_it = |date: &civil::Date| date_minutes(*date) == day * DAY;
            let chosen = rotation.only.as_ref().is_none_or(|only| only.iter().any(is_it));
            if !chosen || rotation.except.iter().any(is_it) {
                continue;
            }
            for range in ranges.iter().filter(|range| range.days[weekday(day)]) {
                let start = day * DAY + minute_of_day(range.start);
                spans.push((wall.first(start), wall.last(start + length(range))));
            }
        }
        Some(spans)
    }

    fn people(&self, wall: &Wall, minute: i64) -> &'a [Arc<str>] {
        let over = self.rotation.until.is_some_and(|until| minutes(until) <= wall.reached(minute));
        let is_open = |spans: &Vec<(i64, i64)>| spans.iter().any(|(from, until)| (*from..*until).contains(&minute));
        let open = self.covered.as_ref().is_none_or(is_open);
        let begun = self.hand_offs.partition_point(|(begins, _)| *begins <= wall.reached(minute));
        if over || !open || begun == 0 { &[] } else { &self.rotation.turns[self.hand_offs[begun - 1].1] }
    }
}

/// The wall times of the hand-offs, from the start, one by one.
struct HandOffs {
    start: civil::DateTime,
    every: Every,
    count: i64,
}

impl HandOffs {
    fn new(rotation: &Rotation) -> Self {
        Self { start: rotation.start, every: rotation.every, count: 0 }
    }

    fn next(&mut self) -> i64 {
        let start = minutes(self.start);
        let count = self.count;
        self.count += 1;
        match self.every {
            Every::Hours(hours) => start + count * i64::from(hours) * 60,
            Every::Days(days) => start + count * i64::from(days) * DAY,
            Every::Weeks(weeks) => start + count * i64::from(weeks) * 7 * DAY,
            Every::Months(months) => {
                let month = i64::from(self.start.year()) * 12 + i64::from(self.start.month()) - 1;
                let month = month + count * i64::from(months);
                let (year, month) = (i16::try_from(month / 12).unwrap(), i8::try_from(month % 12 + 1).unwrap());
                let day = (1..=self.start.day()).rev().find_map(|day| civil::Date::new(year, month, day).ok());
                date_minutes(day.unwrap()) + minute_of_day(self.start.time())
            }
        }
    }
}

/// Whose turn it is, shift by shift.
struct Turns {
    turns: usize,
    turns_by: TurnsBy,
    /// Of the week's minutes, how many are covered before each.
    covered_before: Vec<usize>,
    shifts: usize,
}

impl Turns {
    fn new(rotation: &Rotation) -> Self {
        let mut covered = vec![rotation.hours.is_empty(); WEEK];
        for range in &rotation.hours {
            for day in (0..7).filter(|day| range.days[*day]) {
                let start = day * 1_440 + usize::try_from(minute_of_day(range.start)).unwrap();
                for minute in start..start + usize::try_from(length(range)).unwrap() {
                    covered[minute % WEEK] = true;
                }
            }
        }
        let mut covered_before = vec![0];
        for covered in covered.iter().chain(&covered) {
            covered_before.push(covered_before[covered_before.len() - 1] + usize::from(*covered));
        }
        Self { turns: rotation.turns.len(), turns_by: rotation.turns_by, covered_before, shifts: 0 }
    }

    /// Of the shift from `begin` to `end`; it comes after those asked for before.
    fn next(&mut self, begin: i64, end: i64) -> usize {
        // 1970-01-01 was a Thursday.
        let minute = usize::try_from((begin + 3 * DAY).rem_euclid(7 * DAY)).unwrap();
        let length = usize::try_from(end - begin).unwrap().min(WEEK);
        let is_covered = self.covered_before[minute + length] > self.covered_before[minute];
        self.shifts += usize::from(is_covered || self.turns_by == TurnsBy::Shift);
        self.shifts.saturating_sub(1) % self.turns
    }
}

/// A name and what put them there.
type Named = (String, String);

/// A layer, counted out.
enum Counter<'a> {
    Rotation(Counted<'a>),
    Shifts(&'a [Shift]),
}

impl<'a> Counter<'a> {
    fn new(cover: &'a Cover, wall: &Wall) -> Self {
        match cover {
            Cover::Rotation(rotation) => Self::Rotation(Counted::new(rotation, wall)),
            Cover::Shifts(shifts) => Self::Shifts(shifts),
        }
    }

    fn people(&self, wall: &Wall, minute: i64) -> Vec<Arc<str>> {
        match self {
            Self::Rotation(counted) => counted.people(wall, minute).to_vec(),
            Self::Shifts(shifts) => {
                let held = shifts.iter().filter(|shift| (shift.from..shift.until).contains(&at_minute(minute)));
                held.flat_map(|shift| shift.people.clone()).collect()
            }
        }
    }
}

pub(super) fn at_minute(minute: i64) -> Instant {
    Instant::from_millis(u64::try_from(minute * 60_000).unwrap())
}

/// Who is on call at each minute from `from` to `until`, in UTC minutes since 1970.
pub(super) fn expand(schedule: &Schedule, (from, until): (i64, i64), run_time: &[&Override]) -> Vec<Vec<Named>> {
    let wall = Wall::around(&schedule.zone, from, until);
    let counters: Vec<_> = schedule.layers.iter().map(|layer| (layer, Counter::new(&layer.cover, &wall))).collect();
    let of_minute = |minute: i64| {
        let mut on_call: Vec<Named> = Vec::new();
        for (layer, counter) in &counters {
            let people = counter.people(&wall, minute);
            if !people.is_empty() && !layer.adds {
                on_call.clear();
            }
            on_call.extend(people.iter().map(|person| (String::from(&**person), String::from(&*layer.name))));
        }
        let changes = schedule.overrides.iter().chain(run_time.iter().copied());
        let now = changes.filter(|change| (change.from..change.until).contains(&at_minute(minute)));
        now.fold(without_twins(on_call), changed)
    };
    (from..until).map(of_minute).collect()
}

fn changed(on_call: Vec<Named>, change: &Override) -> Vec<Named> {
    let people = change.people().iter().map(|person| (String::from(&**person), String::from(&*change.id)));
    match &change.change {
        OverrideChange::Add { .. } => without_twins(on_call.into_iter().chain(people).collect()),
        OverrideChange::Remove { people } => {
            on_call.into_iter().filter(|(name, _)| people.iter().all(|person| **person != **name)).collect()
        }
        OverrideChange::Replace { person: None, .. } => without_twins(people.collect()),
        OverrideChange::Replace { person: Some(out), .. } => {
            let Some(place) = on_call.iter().position(|(name, _)| **name == **out) else { return on_call };
            let stay = |name: &String| on_call.iter().any(|(other, _)| other == name) && **name != **out;
            let new: Vec<_> = without_twins(people.filter(|(name, _)| !stay(name)).collect());
            [&on_call[..place], &new, &on_call[place + 1..]].concat()
        }
    }
}

fn without_twins(people: Vec<Named>) -> Vec<Named> {
    let mut once: Vec<Named> = Vec::new();
    for (name, why) in people {
        if once.iter().all(|(known, _)| *known != name) {
            once.push((name, why));
        }
    }
    once
}
