// Server reflection, for development: which services there are and the files that describe them.
// Nothing here is shared with the loop: the list is fixed and the descriptors are part of the
// program, so it is answered on gRPC's own threads.
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "job_services.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <grpcpp/grpcpp.h>

#include <set>

namespace sluice::submission {
namespace {

using google::protobuf::FileDescriptor;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

const google::protobuf::DescriptorPool& pool() {
    return *google::protobuf::DescriptorPool::generated_pool();
}

// The file and what it imports, each once.
void collect(
    const FileDescriptor* file,
    std::set<const FileDescriptor*>& seen,
    grpc::reflection::v1alpha::FileDescriptorResponse& out
) {
    if (!seen.insert(file).second) return;
    google::protobuf::FileDescriptorProto text;
    file->CopyTo(&text);
    out.add_file_descriptor_proto(text.SerializeAsString());
    for (int i = 0; i < file->dependency_count(); ++i)
        collect(file->dependency(i), seen, out);
}

ServerReflectionResponse
answer_to(const ServerReflectionRequest& q, const std::vector<std::string>& services) {
    ServerReflectionResponse answer;
    answer.set_valid_host(q.host());
    *answer.mutable_original_request() = q;
    const FileDescriptor* file = nullptr;
    switch (q.message_request_case()) {
        case ServerReflectionRequest::kListServices:
            for (const auto& name : services)
                answer.mutable_list_services_response()->add_service()->set_name(name);
            return answer;
        case ServerReflectionRequest::kFileByFilename:
            file = pool().FindFileByName(q.file_by_filename());
            break;
        case ServerReflectionRequest::kFileContainingSymbol:
            file = pool().FindFileContainingSymbol(q.file_containing_symbol());
            break;
        case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
            break;
    }
    if (file == nullptr) {
        auto& error = *answer.mutable_error_response();
        error.set_error_code(grpc::StatusCode::NOT_FOUND);
        error.set_error_message("nothing of this name is served here");
        return answer;
    }
    std::set<const FileDescriptor*> seen;
    collect(file, seen, *answer.mutable_file_descriptor_response());
    return answer;
}

class conversation final
    : public grpc::ServerBidiReactor<ServerReflectionRequest, ServerReflectionResponse> {
public:
    explicit conversation(const std::vector<std::string>& services) : services_(services) {
        StartRead(&question_);
    }
    void OnReadDone(bool is_good) override {
        if (!is_good) return Finish(grpc::Status::OK);
        answer_ = answer_to(question_, services_);
        StartWrite(&answer_);
    }
    void OnWriteDone(bool is_good) override {
        if (!is_good) return Finish(grpc::Status::CANCELLED);
        StartRead(&question_);
    }
    void OnDone() override { delete this; }

private:
    const std::vector<std::string>& services_;
    ServerReflectionRequest question_;
    ServerReflectionResponse answer_;
};

class reflection_service final
    : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
public:
    explicit reflection_service(std::vector<std::string> services)
        : services_(std::move(services)) {}

    grpc::ServerBidiReactor<ServerReflectionRequest, ServerReflectionResponse>*
    ServerReflectionInfo(grpc::CallbackServerContext*) override {
        return std::make_unique<conversation>(services_).release();  // gRPC's; see OnDone
    }

private:
    std::vector<std::string> services_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_reflection(std::vector<std::string> service_names) {
    return std::make_unique<reflection_service>(std::move(service_names));
}

}  // namespace sluice::submission
