//! What users do meanwhile: connect again, disconnect, take their consent back at the provider.

use super::row::{Row, Status};
use super::steps::{Steps, Who};
use super::world::{Connecting, Disconnecting, Rotation, one};

impl Steps<'_> {
    pub(crate) fn users(&mut self) {
        self.connecting();
        self.disconnecting();
        if let Some(row) = self.from.row
            && self.from.left.revocations > 0
        {
            self.add_fault(Who::User, "takes the consent back at the provider", |world| {
                world.left.revocations -= 1;
                world.history.withdrawn |= world.provider.withdraw(row.grant);
            });
        }
    }

    fn connecting(&mut self) {
        let rotates = self.rules.rotation != Rotation::Stable;
        match self.from.connecting {
            Connecting::Nobody if self.from.left.reconnects > 0 => {
                self.add_fault(Who::User, "consents anew", |world| {
                    world.left.reconnects -= 1;
                    let grant = world.provider.mint();
                    world.provider.second |= one(grant);
                    world.connecting = Connecting::Consented(grant);
                });
            }
            Connecting::Nobody => {}
            Connecting::Consented(grant) => {
                self.add(Who::User, "is looked up by whoever connects", |world| {
                    let read = world.row.map(|row| Row::connected(row.id, row.generation, row.grant));
                    world.connecting = Connecting::Found(grant, read);
                })
            }
            Connecting::Found(grant, read) => {
                self.add(Who::User, "is attached, unless the row changed", |world| {
                    let attached = match (&mut world.row, read) {
                        (Some(row), Some(read)) => row.replace(&read, grant),
                        (row @ None, None) => {
                            *row = Some(Row::connected(1, 1, grant));
                            true
                        }
                        _ => false,
                    };
                    world.history.gone &= !attached;
                    world.connecting = match read {
                        _ if !attached => Connecting::Consented(grant),
                        Some(read) if rotates => Connecting::Replaced(read.grant),
                        _ => Connecting::Nobody,
                    };
                })
            }
            Connecting::Replaced(old) => self.add(Who::User, "has the old tokens ended", |world| {
                world.provider.ended |= one(old);
                world.connecting = Connecting::Nobody;
            }),
        }
    }

    fn disconnecting(&mut self) {
        let rotates = self.rules.rotation != Rotation::Stable;
        match self.from.disconnecting {
            Disconnecting::Nobody => {
                if let Some(row) = self.from.row {
                    self.begin_disconnect(row);
                }
            }
            Disconnecting::Begun(row) => {
                self.add(Who::User, "has the tokens ended before the account goes", |world| {
                    if rotates {
                        world.provider.ended |= one(row.grant);
                    } else {
                        world.provider.withdraw(row.grant);
                    }
                    world.disconnecting = Disconnecting::Revoked(row);
                });
                self.disconnect_crashes();
            }
            Disconnecting::Revoked(taken) => {
                self.add(Who::User, "has the account deleted, unless connected again", |world| {
                    world.row =
                        world.row.filter(|row| (row.id, row.generation) != (taken.id, taken.generation));
                    world.disconnecting = Disconnecting::Nobody;
                });
                self.disconnect_crashes();
            }
        }
    }

    fn begin_disconnect(&mut self, row: Row) {
        let taken = |row: &Row| Disconnecting::Begun(Row::connected(row.id, row.generation, row.grant));
        if self.from.left.disconnects > 0 {
            self.add_fault(Who::User, "disconnects", |world| {
                world.left.disconnects -= 1;
                world.history.gone = true;
                world.row.iter_mut().for_each(Row::begin_disconnect);
                world.disconnecting = taken(&row);
            });
        }
        if row.status == Status::Disconnecting {
            self.add(Who::User, "has a disconnect finished by the sweeper", |world| {
                world.disconnecting = taken(&row);
            });
        }
    }

    fn disconnect_crashes(&mut self) {
        if self.from.left.crashes > 0 {
            self.add_fault(Who::User, "has the disconnect interrupted by a crash", |world| {
                world.left.crashes -= 1;
                world.disconnecting = Disconnecting::Nobody;
            });
        }
    }
}
