// libpq, loaded when the first PostgreSQL database is opened.
//
// It brings two dozen shared libraries with it, which would cost every start several milliseconds,
// also of bots that keep their data in SQLite.
//
// Threads   any. Once loaded it stays.
// Source    https://www.postgresql.org/docs/15/libpq.html
#pragma once

#include <libpq-fe.h>

#include "core/result.h"

namespace orrery::storage::postgres {

struct Libpq {
  decltype(&PQconnectStartParams) connect_start;
  decltype(&PQconnectPoll) connect_poll;
  decltype(&PQconninfoParse) parse;
  decltype(&PQconninfoFree) free_options;
  decltype(&PQfreemem) free_memory;
  decltype(&PQfinish) finish;
  decltype(&PQstatus) status;
  decltype(&PQsocket) socket;
  decltype(&PQparameterStatus) parameter_status;
  decltype(&PQerrorMessage) error_message;
  decltype(&PQsetErrorVerbosity) set_verbosity;
  decltype(&PQsetNoticeReceiver) set_notice_receiver;
  decltype(&PQsetnonblocking) set_nonblocking;
  decltype(&PQenterPipelineMode) enter_pipeline;
  decltype(&PQexitPipelineMode) exit_pipeline;
  decltype(&PQpipelineSync) pipeline_sync;
  decltype(&PQsendQuery) send_query;
  decltype(&PQsendPrepare) send_prepare;
  decltype(&PQsendQueryPrepared) send_prepared;
  decltype(&PQflush) flush;
  decltype(&PQconsumeInput) consume;
  decltype(&PQisBusy) is_busy;
  decltype(&PQgetResult) get_result;
  decltype(&PQresultStatus) result_status;
  decltype(&PQresultErrorField) error_field;
  decltype(&PQcmdStatus) command_tag;
  decltype(&PQclear) clear;
  decltype(&PQntuples) rows;
  decltype(&PQnfields) columns;
  decltype(&PQftype) column_type;
  decltype(&PQgetisnull) is_null;
  decltype(&PQgetvalue) value;
  decltype(&PQgetlength) length;
  decltype(&PQgetCancel) get_cancel;
  decltype(&PQcancel) cancel;
  decltype(&PQfreeCancel) free_cancel;
};

// Errors: unsupported (it is not installed).
Result<const Libpq*> libpq();

}  // namespace orrery::storage::postgres
