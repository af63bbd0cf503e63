# sluice_proto_library(<target> <files…>): C++ messages from the files under proto/, plus one
# descriptor set (proto/sluice.binpb in the build folder) that the compatibility check reads.
function(sluice_proto_library target)
    set(out ${CMAKE_BINARY_DIR}/generated)
    file(MAKE_DIRECTORY ${out})
    set(sources)
    foreach(file ${ARGN})
        string(REPLACE ".proto" ".pb.cc" source ${out}/${file})
        string(REPLACE ".proto" ".pb.h" header ${out}/${file})
        add_custom_command(
            OUTPUT ${source} ${header}
            COMMAND protobuf::protoc -I ${CMAKE_SOURCE_DIR}/proto --cpp_out=${out} ${file}
            DEPENDS ${CMAKE_SOURCE_DIR}/proto/${file} VERBATIM)
        list(APPEND sources ${source})
    endforeach()
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} SYSTEM PUBLIC ${out})
    target_link_libraries(${target} PUBLIC protobuf::libprotobuf)
    add_custom_command(
        OUTPUT ${CMAKE_BINARY_DIR}/proto/sluice.binpb
        COMMAND protobuf::protoc -I ${CMAKE_SOURCE_DIR}/proto --include_imports
                --descriptor_set_out=${CMAKE_BINARY_DIR}/proto/sluice.binpb ${ARGN}
        DEPENDS ${sources} VERBATIM)
    add_custom_target(${target}_descriptors ALL DEPENDS ${CMAKE_BINARY_DIR}/proto/sluice.binpb)
endfunction()

# sluice_grpc_library(<target> <files…>): messages and services from the files under proto/.
function(sluice_grpc_library target)
    set(out ${CMAKE_BINARY_DIR}/generated)
    set(sources)
    foreach(file ${ARGN})
        string(REGEX REPLACE "\\.proto$" "" base ${out}/${file})
        add_custom_command(
            OUTPUT ${base}.pb.cc ${base}.pb.h ${base}.grpc.pb.cc ${base}.grpc.pb.h
            COMMAND protobuf::protoc -I ${CMAKE_SOURCE_DIR}/proto --cpp_out=${out} --grpc_out=${out}
                    --plugin=protoc-gen-grpc=${SLUICE_GRPC_PLUGIN} ${file}
            DEPENDS ${CMAKE_SOURCE_DIR}/proto/${file} VERBATIM)
        list(APPEND sources ${base}.pb.cc ${base}.grpc.pb.cc)
        # The messages of two files cannot stand in one: protoc gives their tables the same names.
        set_source_files_properties(${base}.pb.cc PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endforeach()
    add_library(${target} STATIC ${sources})
    sluice_use_unity(${target})
    target_include_directories(${target} SYSTEM PUBLIC ${out})
    target_link_libraries(${target} PUBLIC grpc++ grpc gpr absl_synchronization protobuf::libprotobuf)
endfunction()
