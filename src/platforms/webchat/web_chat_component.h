// The web chat as the last part of the runtime: opens the door at start, closes it at stop.
#pragma once

#include "lifecycle/assembly.h"
#include "platforms/webchat/web_chat.h"
#include "records/transcript_component.h"

namespace orrery::platforms::webchat {

class WebChatComponent final : public lifecycle::Component {
 public:
  WebChatComponent(chat::Pipeline& pipeline,
                   lifecycle::Optional<records::TranscriptComponent&> transcript, Door& door,
                   asio::any_io_executor control, async::Clock& clock, Journal& journal)
      : door_{door}, chat_{pipeline,        transcript ? &transcript->transcript() : nullptr,
                           door.visitors(), std::move(control),
                           clock,           journal} {}

  Task<> start(lifecycle::Context) override {
    door_.open(chat_);
    co_return Result<>{};
  }
  Task<> drain(lifecycle::Context) override {
    chat_.refuse();
    co_return Result<>{};
  }
  Task<> stop(lifecycle::Context context, lifecycle::Outcome) override {
    door_.close();
    auto closing = chat_.close(context.token());
    co_await std::move(closing);
    co_return Result<>{};
  }

 private:
  Door& door_;
  WebChat chat_;
};

}  // namespace orrery::platforms::webchat
