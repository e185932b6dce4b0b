//! Several processes over one PostgreSQL, as behind a load balancer that knows nothing of sessions.
//!
//! `LONG=1` makes the rounds many; docs/operate/reliability.md has the command and what came of it.

mod clocks;
mod killed;
mod load;
mod losses;
mod one_exchange;
mod paused;
mod sharing;
