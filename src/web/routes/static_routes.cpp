#include "web/assets.h"
#include "web/routes/routes.h"

namespace orrery::web {
namespace {

// Pages of the dashboard. One file serves them all; it looks at the path itself.
constexpr std::string_view pages[] = {"/",
                                      "/setup",
                                      "/login",
                                      "/chat",
                                      "/guilds",
                                      "/guilds/settings",
                                      "/guilds/audit",
                                      "/guilds/commands",
                                      "/database",
                                      "/logs",
                                      "/recovery",
                                      "/settings",
                                      "/settings/users",
                                      "/settings/keys",
                                      "/settings/appearance",
                                      "/settings/about"};

bool accepts_gzip(const net::Request& request) {
  const auto accepted = request.header("accept-encoding");
  const auto at = accepted.find("gzip");
  return at != std::string_view::npos && !accepted.substr(at + 4).starts_with(";q=0");
}

net::Response serve(const Asset& asset, const net::Request& request) {
  net::Headers headers{
      {"ETag", std::string{asset.etag}},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (request.header("if-none-match") == asset.etag)
    return {.status = 304, .content_type = {}, .body = {}, .headers = std::move(headers)};
  const bool gzip = !asset.gzip.empty() && accepts_gzip(request);
  if (gzip) headers.emplace_back("Content-Encoding", "gzip");
  return {.status = 200,
          .content_type = std::string{asset.content_type},
          .body = std::string{gzip ? asset.gzip : asset.plain},
          .headers = std::move(headers)};
}

void mount(Router& router, std::string_view path, const Asset& asset) {
  const auto answer = [](const Asset* file,
                         net::Request request) -> asio::awaitable<net::Response> {
    co_return serve(*file, request);
  };
  const Router::Call<Public> call = [answer, &asset](net::Request r, Public) {
    return answer(&asset, std::move(r));
  };
  router.add("GET", std::string{path}, call);
}

}  // namespace

void add_static_routes(Router& router) {
  for (const auto& asset : assets()) {
    if (asset.path != "/index.html") mount(router, asset.path, asset);
  }
  const auto* page = find_asset("/index.html");
  for (const auto path : pages) mount(router, path, *page);
}

}  // namespace orrery::web
