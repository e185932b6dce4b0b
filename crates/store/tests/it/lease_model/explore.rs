//! Visits every world that can come of the first one, in the order of distance: a broken promise is shown by a shortest way
//! to it. What must come to be is judged on the whole graph: from every world, some way of steps that are no faults leads
//! there, so that only endless bad luck could keep it away.

use std::fmt::Write as _;

use indexmap::IndexSet;

use super::steps::{Kind, Step, Steps, Who};
use super::world::{Rules, World};

#[derive(Debug)]
pub(crate) struct Explored {
    pub(crate) worlds: usize,
    pub(crate) steps: usize,
    /// The broken promise and the way to it.
    pub(crate) broken: Option<String>,
}

struct Graph {
    worlds: IndexSet<World>,
    /// The step that led to each, and from where.
    came: Vec<(u32, Who, &'static str)>,
    /// Steps without a fault, backwards: from, to.
    good: Vec<(u32, u32)>,
    steps: usize,
}

pub(crate) fn explore(rules: &Rules) -> Explored {
    let mut graph = Graph { worlds: IndexSet::new(), came: vec![], good: vec![], steps: 0 };
    let broken = graph.fill(rules).or_else(|| graph.stuck());
    Explored { worlds: graph.worlds.len(), steps: graph.steps, broken }
}

impl Graph {
    fn fill(&mut self, rules: &Rules) -> Option<String> {
        self.worlds.insert(World::first(rules));
        self.came.push((0, Who::Time, "begins"));
        let mut next = 0;
        while next < self.worlds.len() {
            let from = u32::try_from(next).expect("worlds fit into memory");
            for step in Steps::of(self.worlds[next], rules) {
                self.steps += 1;
                if let Some(promise) = step.broken {
                    return Some(format!("{promise}\n{}", self.way(from, Some(&step))));
                }
                let (to, is_new) = self.worlds.insert_full(step.world);
                let to = u32::try_from(to).expect("worlds fit into memory");
                if is_new {
                    self.came.push((from, step.who, step.what));
                }
                if step.kind == Kind::Progress {
                    self.good.push((from, to));
                }
            }
            next += 1;
        }
        None
    }

    fn stuck(&mut self) -> Option<String> {
        self.good.sort_unstable_by_key(|(_, to)| *to);
        let quiet = |world: &World| world.is_quiet();
        let renewed = |world: &World| match world.active() {
            // Nobody calls any more: nothing can be expected.
            Some(_) => world.left.calls == 0,
            None => true,
        };
        let waits = self.never(quiet, |_, _| false);
        let waits = waits.map(|at| format!("somebody waits for ever\n{}", self.way(at, None)));
        let moves = |from: &World, to: &World| {
            let before = from.active().map(|row| (row.id, row.generation));
            before != to.active().map(|row| (row.id, row.generation))
        };
        waits.or_else(|| {
            let at = self.never(renewed, moves)?;
            Some(format!("an active account can never be refreshed\n{}", self.way(at, None)))
        })
    }

    /// The first world from which no way leads to one that is good, or over a step that is.
    fn never(&self, is_good: impl Fn(&World) -> bool, leads: impl Fn(&World, &World) -> bool) -> Option<u32> {
        let at = |number: u32| &self.worlds[number as usize];
        let mut reaches: Vec<bool> = self.worlds.iter().map(is_good).collect();
        for (from, to) in &self.good {
            reaches[*from as usize] |= leads(at(*from), at(*to));
        }
        let mut open: Vec<u32> =
            (0..).zip(&reaches).filter(|(_, reaches)| **reaches).map(|(n, _)| n).collect();
        while let Some(to) = open.pop() {
            let begin = self.good.partition_point(|(_, other)| *other < to);
            for (from, _) in self.good[begin..].iter().take_while(|(_, other)| *other == to) {
                if !reaches[*from as usize] {
                    reaches[*from as usize] = true;
                    open.push(*from);
                }
            }
        }
        (0..).zip(reaches).find(|(_, reaches)| !reaches).map(|(number, _)| number)
    }

    fn way(&self, mut at: u32, last: Option<&Step>) -> String {
        let mut lines: Vec<String> =
            last.into_iter().map(|step| line(step.who, step.what, &step.world)).collect();
        while at > 0 {
            let (from, who, what) = self.came[at as usize];
            lines.push(line(who, what, &self.worlds[at as usize]));
            at = from;
        }
        lines.reverse();
        lines.join("\n")
    }
}

fn line(who: Who, what: &str, world: &World) -> String {
    let mut line = match who {
        Who::Node(node) => format!("node {node} {what}"),
        Who::Provider => format!("the provider {what}"),
        Who::User => format!("the user {what}"),
        Who::Time => format!("time {what}"),
    };
    match world.row {
        Some(row) => write!(line, " | {row}"),
        None => write!(line, " | no account"),
    }
    .expect("a string takes any text");
    line
}
