// The audit log in the database: what is written next to a change, and read back.
#pragma once

#include "chat/audit.h"
#include "storage/statement.h"

namespace orrery::records {

// Returns its number.
storage::Statement insertion(const chat::AuditEntry& entry);
// Adds it to what is written, unless it says that nothing changes.
void enter(const chat::AuditEntry& entry, std::vector<storage::Statement>& statements);

// "SELECT …", to which conditions may be added; each of its rows is an entry.
extern const char* const select_entries;
chat::AuditEntry entry_in(const storage::Row& row);

}  // namespace orrery::records
