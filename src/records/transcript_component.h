// The transcript as a part of the runtime. Degradable: without it the chat forgets at a restart.
#pragma once

#include "lifecycle/component.h"
#include "records/transcript.h"
#include "storage/database_component.h"

namespace orrery::records {

class TranscriptComponent final : public lifecycle::Component {
 public:
  explicit TranscriptComponent(storage::DatabaseComponent& database)
      : transcript_{database.database()} {}

  Task<> start(lifecycle::Context context) override {
    context.doing("closing what an earlier program left unfinished");
    return transcript_.close_unfinished({context.deadline(), context.token()});
  }

  StoredTranscript& transcript() { return transcript_; }

 private:
  StoredTranscript transcript_;
};

}  // namespace orrery::records
