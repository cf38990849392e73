// Task<T>: an awaitable that ends in a Result<T>. What every asynchronous operation of ours
// returns.
//
// Coroutines are functions with value parameters; see docs/hazards/coroutines.md.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/result.h"

namespace orrery {

namespace asio = boost::asio;

template <class T = void>
using Task = asio::awaitable<Result<T>>;

}  // namespace orrery
